# SPDX-License-Identifier: Apache-2.0
"""Passes commands straight to the drives, without the last gate: for robots of others."""

from __future__ import annotations

from collections import deque

from talus_core.driver import Driver
from talus_core.state import JointCommand, RobotState
from talus_safety.kernel.decide.gate.permit import TorquePermit


class OpenDrives:
    """Delays commands as the gate's way does, and checks nothing.

    Attributes:
        standby_active: Never true: there is no gate that could move the robot.
    """

    standby_active = False

    def __init__(self, driver: Driver, delay_ticks: int):
        """Connect to a driver; `delay_ticks`: from a state to the command that answers it."""
        self._driver = driver
        self._under_way: deque[JointCommand | None] = deque([None] * delay_ticks)
        self._command: JointCommand | None = None
        self._torque = False

    def put_command(self, command: JointCommand) -> None:
        """Take the command of this tick."""
        self._command = command

    def put_permit(self, permit: TorquePermit) -> None:
        """Take the word on whether there may be torque."""
        self._torque = permit.torque_permitted

    def step_drives(self, state: RobotState, now: float) -> None:
        """Let a tick pass; one without a command repeats the command before."""
        self._under_way.append(self._command)
        command = self._under_way.popleft()
        if command is None or not self._torque:
            self._driver.stop()
        else:
            self._driver.write(command)
