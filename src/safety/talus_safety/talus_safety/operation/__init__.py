# SPDX-License-Identifier: Apache-2.0
"""Reads operators' devices over an authenticated link, and hardware stop buttons."""
