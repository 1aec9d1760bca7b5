# SPDX-License-Identifier: Apache-2.0
"""Counts control periods by the steady clock, in step with whoever reads once in a period."""

from __future__ import annotations

_NS = 1e9
# Share of a read's distance from the middle of its period that is made up at once: within 20 ticks
# the reads are in the middle, where their jitter neither skips a period nor repeats one.
_FOLLOWED = 0.05


class TickCounter:
    """Numbers the periods from 0 at the first read on."""

    def __init__(self, period: float):
        """Take the control period, s."""
        self._period_ns = period * _NS
        self._start_ns: float | None = None
        self._count = -1

    def step(self, now_ns: int) -> bool:
        """Take in a read; return whether it is the first of a new period."""
        if self._start_ns is None:
            self._start_ns = float(now_ns)
        place = (now_ns - self._start_ns) / self._period_ns
        count = round(place)
        if count <= self._count:
            return False
        self._count = count
        self._start_ns += _FOLLOWED * (place - count) * self._period_ns
        return True

    @property
    def count(self) -> int:
        """Return the number of the period of the last read."""
        return self._count
