# SPDX-License-Identifier: Apache-2.0
"""Draws in three dimensions: shapes, colours, pictures."""
