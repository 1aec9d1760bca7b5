# SPDX-License-Identifier: Apache-2.0
"""Holds a robot that sits, and lets it down onto its stops after it has sat down.

A robot whose seat is no stop, but brakes that close without torque, or none at all, would tip over
as long as it has torque: balance goes on for it.
"""

from __future__ import annotations

import numpy as np
from talus_core.robot import RobotDescription
from talus_core.state import JointCommand, RobotState

from talus_balance.drives.drive_targets import DriveConfig

# s in which a robot that has sat down is let down onto its stops: one that drops rocks as long
LETTING_DOWN_TIME_S = 1.5


class SeatedHold:
    """Holds a seated robot; call `begin_at_rest` or `begin_loaded`, then `command` every tick."""

    def __init__(self, config: DriveConfig, robot: RobotDescription, dt: float):
        """Take the drives' gains, and how the robot rests."""
        effort_limit = robot.limits.effort
        brakes = robot.limits.holding_brake[robot.indices("left_leg", "right_leg")]
        self._rests_on_stops = not (robot.keeps_torque or bool(brakes.all()))
        self._stiffness = config.hold_stiffness * effort_limit
        self._damping = config.hold_damping * effort_limit
        self._dt = dt
        self._position = np.zeros_like(effort_limit)
        self._borne = np.zeros_like(effort_limit)  # N m that the drives bore after sitting down
        self._share_let_down = 1.0

    def limp_command(self, state: RobotState) -> JointCommand:
        """Brake the joints with their damping alone."""
        return JointCommand.damping(state.sequence, state.position, self._damping)

    def begin_at_rest(self, state: RobotState) -> None:
        """Hold a robot that already sits; its stops carry it, or brakes that have just opened."""
        self._position = state.position.copy()
        self._share_let_down = 1.0 if self._rests_on_stops else 0.0

    def begin_loaded(self, state: RobotState) -> None:
        """Hold a robot that has just sat down, whose drives still bear it."""
        self._position = state.position.copy()
        self._borne = state.effort.copy()
        self._share_let_down = 0.0

    @property
    def is_let_down(self) -> bool:
        """Tell whether the stops have not yet taken over what the drives bore."""
        return self._rests_on_stops and self._share_let_down < 1.0

    @property
    def needs_balance(self) -> bool:
        """Tell whether a robot that sits stands in a crouch, so that a hold would sag and tip."""
        return not self._rests_on_stops and self._share_let_down < 1.0

    def command(self, state: RobotState) -> JointCommand:
        """Return the command that holds the joints while the stops take over the load."""
        self._share_let_down = min(self._share_let_down + self._dt / LETTING_DOWN_TIME_S, 1.0)
        return JointCommand(
            state.sequence,
            position=self._position,
            velocity=np.zeros_like(self._position),
            effort=(1.0 - self._share_let_down) * self._borne,
            kp=self._stiffness,
            kd=self._damping,
        )
