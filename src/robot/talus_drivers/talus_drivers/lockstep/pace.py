# SPDX-License-Identifier: Apache-2.0
"""Decide how fast simulated time may go against the wall's."""

from __future__ import annotations

REAL_TIME_PACE = "real_time"
FAST_PACE = "fast"
PACE_CATCH_UP_S = 0.1  # wall s that a late simulation may make up; a longer delay is given up


class SimulationPace:
    """Tells how long to wait before the next tick: `real_time` is never ahead of the wall.

    `fast` does not wait.

    Without anybody to work with, `fast` goes at real time too: there is nothing to be fast for, and
    the others need the computer to start.
    """

    def __init__(self, kind: str, wall: float, time: float):
        """Start at `wall`, steady s, with `time`, simulated s at that moment."""
        self._is_real_time = kind == REAL_TIME_PACE
        self._offset = wall - time  # simulated time t is due at wall time t + offset

    def wait(self, wall: float, time: float, has_company: bool) -> float:
        """Return the wall s until simulated `time` is due; 0 when it is.

        `has_company`: others work in lock-step.
        """
        if has_company and not self._is_real_time:
            self._offset = wall - time
            return 0.0
        ahead = time + self._offset - wall
        if ahead < -PACE_CATCH_UP_S:
            self._offset = wall - time - PACE_CATCH_UP_S
        return max(0.0, ahead)
