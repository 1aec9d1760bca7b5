# SPDX-License-Identifier: Apache-2.0
"""Applies the stop ladder's one rule: the most restrictive of all requests wins."""

from __future__ import annotations

from collections.abc import Iterable

from talus_core.stop_levels import StopLevel


def most_restrictive(levels: Iterable[StopLevel]) -> StopLevel:
    """Return the strictest of some requests, R0 if there is none."""
    return max(levels, default=StopLevel.R0_RUN)
