# SPDX-License-Identifier: Apache-2.0
"""Finds where in a window a view may have been taken."""
