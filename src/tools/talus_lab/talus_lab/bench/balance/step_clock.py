# SPDX-License-Identifier: Apache-2.0
"""Tells at what part of a step the robot is, from what the gait reports."""

from __future__ import annotations

from talus_balance.stepping.gait_types import LEFT, GaitOutput


class StepClock:
    """`see` every tick. A step on the left foot lasts from the landing of the left foot to that of the right one."""

    def __init__(self) -> None:
        self._swing: int | None = None
        self._left_landed: float | None = None
        self._duration: float | None = None

    def see(self, gait: GaitOutput | None, now: float) -> None:
        """`now`: s."""
        swing = None if gait is None else gait.swing_side
        if self._swing is not None and swing != self._swing:
            self._land(self._swing, now)
        self._swing = swing

    def is_at(self, phase: float, now: float, period: float) -> bool:
        """Whether the tick of `period` s that begins now holds that part of a step on the left foot."""
        if self._left_landed is None or self._duration is None:
            return False
        wanted = self._left_landed + phase * self._duration
        return wanted - 0.5 * period <= now < wanted + 0.5 * period

    def _land(self, side: int, now: float) -> None:
        if side == LEFT:
            self._left_landed = now
        elif self._left_landed is not None:
            self._duration = now - self._left_landed
