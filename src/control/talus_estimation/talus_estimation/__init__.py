# SPDX-License-Identifier: Apache-2.0
"""Estimate base, ground, payload and drives from what the sensors say."""
