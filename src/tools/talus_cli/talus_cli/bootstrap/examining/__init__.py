# SPDX-License-Identifier: Apache-2.0
"""Looks at single parts of a machine for the doctor."""
