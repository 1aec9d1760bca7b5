# SPDX-License-Identifier: Apache-2.0
"""Wait at the end of a tick, for the nodes in lock-step and for the wall, and listen meanwhile."""

from __future__ import annotations

import time
from threading import Event

from talus_ros.fast_link_node import FastLink
from talus_ros.run_node import WAKE_PERIOD_S

from talus_drivers.lockstep.lockstep import LockStep
from talus_drivers.lockstep.pace import FAST_PACE, REAL_TIME_PACE, SimulationPace


class TickWait:
    """Decides when a tick may end; while it waits, it hands on the messages that arrive."""

    def __init__(
        self, link: FastLink, period: float, lockstep: LockStep, is_lockstep: bool, pace: str
    ):
        """Start at time 0; `is_lockstep`: whether time waits for nodes; `pace`: fast or not."""
        self._link = link
        self._period = period
        self._lockstep = lockstep
        self._is_lockstep = is_lockstep
        kind = FAST_PACE if pace == FAST_PACE and is_lockstep else REAL_TIME_PACE
        self._pace = SimulationPace(kind, time.monotonic(), 0.0)

    def wait(self, sequence: int, ended: Event) -> bool:
        """Wait until tick `sequence` may end; return False where the process ended before."""
        has_listened = False
        while self._is_lockstep and self._lockstep.waits_for(sequence, time.monotonic()):
            has_listened = True
            self._link.wait(WAKE_PERIOD_S)
            if ended.is_set():
                return False
        if not has_listened:
            self._link.wait(0.0)
        self._wait_for_wall(sequence, ended)
        return True

    def _wait_for_wall(self, sequence: int, ended: Event) -> None:
        has_company = bool(self._lockstep.present())
        due = (sequence + 1) * self._period
        left = self._pace.wait(time.monotonic(), due, has_company)
        while left > 0.0 and not ended.is_set():
            self._link.wait(min(left, WAKE_PERIOD_S))
            left = self._pace.wait(time.monotonic(), due, has_company)
