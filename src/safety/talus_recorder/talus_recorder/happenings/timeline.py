# SPDX-License-Identifier: Apache-2.0
"""Measures the recorder's own time: the robot's while it runs as it should, else the steady one."""

from __future__ import annotations

FASTEST_ROBOT_TIME = (
    20.0  # robot time over steady time; a simulator alone on a fast computer reaches 5
)
ROBOT_TIME_SILENT_S = (
    0.5  # s for which robot time may stand still while a simulator waits for a slow node
)


class Timeline:
    """Counts a time that never goes back, jumps or stands still long, whatever ROS time does."""

    def __init__(self) -> None:
        self.time = 0.0  # s since the recorder began
        self._steady: float | None = None
        self._robot: float | None = None
        self._moved = 0.0

    def advance(self, steady: float, robot: float | None) -> float:
        """Return the time now.

        `steady`: of the steady clock, s; `robot`: newest ROS time of the robot, s, None = none yet.
        """
        if self._steady is None:
            self._steady = self._moved = steady
        passed = steady - self._steady
        self._steady = steady
        step = 0.0 if robot is None or self._robot is None else robot - self._robot
        if robot is not None:
            self._robot = robot
        if 0.0 < step <= max(FASTEST_ROBOT_TIME * passed, 1.0):
            self._moved = steady
            self.time += step
        elif step or steady - self._moved > ROBOT_TIME_SILENT_S:
            self.time += passed
        return self.time
