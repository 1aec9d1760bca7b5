# SPDX-License-Identifier: Apache-2.0
"""Picks a mean rate out of a stream of instants that has another one."""

from __future__ import annotations

ROUNDING_S = 1e-6  # stamps carry nanoseconds, sums of periods do not


class Schedule:
    """Says of each instant of a stream whether it is the first of a new period."""

    def __init__(self, rate_hz: float):
        self._period = 1.0 / rate_hz
        self._next: float | None = None

    def is_due(self, now: float) -> bool:
        """Return true for the first instant (s) at or after each period's end.

        A gap, or a clock that jumps, starts anew.
        """
        if self._next is None or abs(now - self._next) > 2.0 * self._period:
            self._next = now
        if now < self._next - ROUNDING_S:
            return False
        self._next += self._period
        return True
