# SPDX-License-Identifier: Apache-2.0
"""Picks instants at a mean rate out of a stream of instants that has another rate."""

from __future__ import annotations

ROUNDING_S = 1e-6  # s, since stamps carry nanoseconds and sums of periods do not


class Schedule:
    """Tells for each instant of a stream whether it is the first of a new period."""

    def __init__(self, rate_hz: float):
        self._period = 1.0 / rate_hz
        self._next: float | None = None

    def is_due(self, now: float) -> bool:
        """Return True for the first instant `now`, s, at or after the end of each period.

        A gap, or a clock that jumps, starts anew.
        """
        if self._next is None or abs(now - self._next) > 2.0 * self._period:
            self._next = now
        if now < self._next - ROUNDING_S:
            return False
        self._next += self._period
        return True
