# SPDX-License-Identifier: Apache-2.0
"""Applies the one rule of the stop ladder: the most restrictive of all requests wins."""

from __future__ import annotations

from collections.abc import Iterable

from talus_core.words.stop_levels import StopLevel


def most_restrictive(levels: Iterable[StopLevel]) -> StopLevel:
    """Return the most restrictive of the levels, or R0 if there is none."""
    return max(levels, default=StopLevel.R0_RUN)
