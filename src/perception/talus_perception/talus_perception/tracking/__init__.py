# SPDX-License-Identifier: Apache-2.0
"""Follows things and people over time and over cameras."""
