# SPDX-License-Identifier: Apache-2.0
"""Tells at what part of a step the robot is, from which foot is in the air."""

from __future__ import annotations

from talus_balance.stepping.gait_types import LEFT


class StepClock:
    """Times steps; call `note_swing` every tick.

    A step on the left foot lasts from the landing of the left foot to that of the right one.
    """

    def __init__(self) -> None:
        """Begin before the first step."""
        self._swing: int | None = None
        self._left_landed: float | None = None
        self._duration: float | None = None

    def note_swing(self, side: int | None, now: float) -> None:
        """Take the foot in the air at `now` s: 0 left, 1 right, None while both stand."""
        if self._swing is not None and side != self._swing:
            self._land(self._swing, now)
        self._swing = side

    def is_at(self, phase: float, now: float, period: float) -> bool:
        """Tell whether the tick of `period` s that begins now holds that part of a left step."""
        if self._left_landed is None or self._duration is None:
            return False
        wanted = self._left_landed + phase * self._duration
        return wanted - 0.5 * period <= now < wanted + 0.5 * period

    def _land(self, side: int, now: float) -> None:
        if side == LEFT:
            self._left_landed = now
        elif self._left_landed is not None:
            self._duration = now - self._left_landed
