# SPDX-License-Identifier: Apache-2.0
"""How fast simulated time may go against the wall's."""

from __future__ import annotations

REAL_TIME, FAST = "real_time", "fast"
CATCH_UP_S = 0.1  # wall s that a late simulation may make up; a longer delay is given up


class Pace:
    """Tells how long to wait before the next tick. `real_time`: never ahead of the wall; `fast`: not waiting.

    Without anybody to work with, `fast` goes at real time too: there is nothing to be fast for, and the others
    need the computer to start.
    """

    def __init__(self, kind: str, wall: float, time: float):
        """`wall`: steady s; `time`: simulated s at that moment."""
        self._is_real_time = kind == REAL_TIME
        self._offset = wall - time  # simulated time t is due at wall time t + offset

    def wait(self, wall: float, time: float, has_company: bool) -> float:
        """Wall s until simulated `time` is due; 0 when it is. `has_company`: others work in lock-step."""
        if has_company and not self._is_real_time:
            self._offset = wall - time
            return 0.0
        ahead = time + self._offset - wall
        if ahead < -CATCH_UP_S:
            self._offset = wall - time - CATCH_UP_S
        return max(0.0, ahead)
