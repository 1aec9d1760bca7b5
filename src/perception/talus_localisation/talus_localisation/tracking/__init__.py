# SPDX-License-Identifier: Apache-2.0
"""Follows a robot from view to view, and closes loops."""
