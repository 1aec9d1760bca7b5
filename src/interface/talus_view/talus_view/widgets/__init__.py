# SPDX-License-Identifier: Apache-2.0
"""Holds the widgets of the page, one in each file; whatever lies here appears on the page."""
