# SPDX-License-Identifier: Apache-2.0
"""Watches for signs of life; the time is an argument."""

from __future__ import annotations

CLOCK_ROUNDING_S = 1e-6  # s, rounding error of times that are sums of control periods


class Watchdog:
    """Expires when nothing has fed it for more than `limit` s; it starts expired."""

    def __init__(self, limit: float):
        self.limit = limit
        self._fed_at = float("-inf")

    def feed(self, now: float) -> None:
        """Note a sign of life at the time `now`, s."""
        self._fed_at = now

    def age(self, now: float) -> float:
        """Return the time since the last feed, s; infinite before it or if the clock ran back."""
        age = now - self._fed_at
        return age if age >= 0.0 else float("inf")

    def expired(self, now: float) -> bool:
        """Return whether more than the limit has passed since the last feed."""
        return self.age(now) > self.limit + CLOCK_ROUNDING_S
