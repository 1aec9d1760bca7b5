# SPDX-License-Identifier: Apache-2.0
"""Replaces sensors that failed: says what the gate believes of joints, feet and the vertical."""
