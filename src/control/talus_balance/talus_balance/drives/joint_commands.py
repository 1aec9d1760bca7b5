# SPDX-License-Identifier: Apache-2.0
"""Turns planned torques and accelerations into joint commands, and judges the last one."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from talus_core.robot import RobotDescription
from talus_core.state import JointCommand, RobotState
from talus_estimation.limp_drives import LimpDrives

from talus_balance.balance_types import HandDrives
from talus_balance.drives.drive_targets import DriveConfig, DriveTargets


class _Sent(NamedTuple):
    """Holds a command sent to the drives, and the accelerations (n,), rad/s^2, planned with it."""

    command: JointCommand
    acceleration: np.ndarray


class JointCommands:
    """Commands all joints; call `judge` with every state, then `command` while balancing.

    Attributes:
        limp_drives: Drives that give no torque though they are asked for it.
    """

    def __init__(
        self, description: RobotDescription, drives: DriveConfig, hands: HandDrives, dt: float
    ):
        effort_limit = description.limits.effort
        self._joints = description.structural_indices
        structural = effort_limit[self._joints]
        n = len(effort_limit)
        self._stiffness = np.full(n, hands.stiffness)
        self._damping = np.full(n, hands.damping)
        self._stiffness[self._joints] = drives.stiffness * structural
        self._damping[self._joints] = drives.damping * structural
        self._targets = DriveTargets(drives.leak, dt)
        self.limp_drives = LimpDrives(effort_limit, dt)
        self._sent: _Sent | None = None  # what was sent in the last tick, while balancing

    @property
    def planned_velocity(self) -> np.ndarray | None:
        """Return the speeds (m,), rad/s, of the last command; None before the first."""
        return self._targets.velocity

    def reset(self) -> None:
        """Start at the joints as they are, and believe every drive anew."""
        self._targets.reset()
        self.limp_drives.reset()

    def judge(self, state: RobotState) -> bool:
        """Compare `state` with the last command; tell whether the set of limp drives changed."""
        sent = self._sent
        self._sent = None
        if sent is None:
            return False
        command = sent.command
        feedback = command.kp * (command.position - state.position)
        asked = command.effort + feedback + command.kd * (command.velocity - state.velocity)
        return self.limp_drives.observe_drives(
            asked=asked,
            given=state.effort,
            planned=sent.acceleration,
            velocity=state.velocity,
        )

    def command(
        self, state: RobotState, torque: np.ndarray, acceleration: np.ndarray
    ) -> JointCommand:
        """Return the command for torques and accelerations (m,), N m and rad/s^2."""
        j = self._joints
        references = self._targets.step_targets(state.position[j], state.velocity[j], acceleration)
        table = np.zeros((4, len(self._stiffness)))
        table[:, j] = (*references, torque, acceleration)
        position, velocity, effort, planned = table
        command = JointCommand(
            state.sequence, position, velocity, effort, self._stiffness, self._damping
        )
        self._sent = _Sent(command, planned)
        return command

    def replace_sent(self, command: JointCommand) -> None:
        """Judge the drives by `command`, which was sent in place of the last one."""
        if self._sent is not None:
            self._sent = _Sent(command, self._sent.acceleration)
