# SPDX-License-Identifier: Apache-2.0
"""Hears operators: their devices over an authenticated link, and stop buttons of hardware."""
