# SPDX-License-Identifier: Apache-2.0
"""Handles falls that cannot be caught, and getting up after them."""
