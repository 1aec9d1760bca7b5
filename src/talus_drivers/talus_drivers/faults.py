# SPDX-License-Identifier: Apache-2.0
"""Levers that make a simulated body's sensors fail: freeze, NaN, offset, and samples that are dropped or late."""

from __future__ import annotations

from collections import deque
from dataclasses import fields, replace

import numpy as np
from talus_core.errors import UnknownNameError
from talus_core.state import RobotState

SENSORS = tuple(item.name for item in fields(RobotState) if item.type == "np.ndarray")


class SensorFaults:
    """Stands between a body and its `read`; without a lever pulled it changes nothing."""

    def __init__(self) -> None:
        self._frozen: dict[str, np.ndarray | None] = {}
        self._added: dict[str, float] = {}
        self._delay_reads = 0
        self._is_dropping = False
        self._past: deque[RobotState] = deque(maxlen=1)

    def freeze(self, sensor: str) -> None:
        """From the next read on, `sensor` (a field of RobotState) repeats that value. Raises UnknownNameError."""
        self._frozen[_known(sensor)] = None

    def add(self, sensor: str, offset: float) -> None:
        """Add a constant, in the sensor's unit; NaN gives NaN. Raises UnknownNameError."""
        self._added[_known(sensor)] = offset

    def drop(self) -> None:
        """No new sample arrives: every read repeats the last state, sequence and time included."""
        self._is_dropping = True

    def delay(self, reads: int) -> None:
        """Every read returns the state of `reads` reads ago, or the oldest known."""
        if reads < 0:
            raise ValueError(f"delay is {reads} reads; it must be at least 0")
        self._delay_reads = reads
        self._past = deque(self._past, maxlen=reads + 1)

    def clear(self) -> None:
        """All sensors well again."""
        self._frozen.clear()
        self._added.clear()
        self._is_dropping = False
        self.delay(0)

    def __call__(self, state: RobotState) -> RobotState:
        """The state as the faults let it through."""
        if self._is_dropping and self._past:
            return self._past[0]
        if self._frozen or self._added:
            state = replace(state, **self._changes(state))
        self._past.append(state)
        return self._past[0]

    def _changes(self, state: RobotState) -> dict[str, np.ndarray]:
        changes = {}
        for sensor, value in self._frozen.items():
            if value is None:
                value = self._frozen[sensor] = getattr(state, sensor).copy()
            changes[sensor] = value
        for sensor, offset in self._added.items():
            changes[sensor] = changes.get(sensor, getattr(state, sensor)) + offset
        return changes


def _known(sensor: str) -> str:
    if sensor not in SENSORS:
        raise UnknownNameError("sensor", sensor, SENSORS)
    return sensor
