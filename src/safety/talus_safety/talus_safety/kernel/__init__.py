# SPDX-License-Identifier: Apache-2.0
"""The safety kernel: the code that decides, and all that it imports.

Tests cover every line and branch of it.
"""
