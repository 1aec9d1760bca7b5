# SPDX-License-Identifier: Apache-2.0
"""Turns what depth cameras see into views that can be matched."""
