# SPDX-License-Identifier: Apache-2.0
"""What the gate does with a robot that falls while nobody else commands it: the seam, and what it does by itself."""

from __future__ import annotations

import math
from typing import Protocol

import numpy as np
from talus_core.fall_plan import FallPlan, Folding
from talus_core.robot import RobotDescription
from talus_core.state import JointCommand, RobotState

from talus_safety.kernel.judge.fall import STEEP
from talus_safety.kernel.measure.tilt import Vertical

AHEAD = 0.15  # s by which the direction of a fall is looked at ahead: a third of a fall from the call to the ground


class FallMotion(Protocol):
    """A protective fall: from the call until the robot lies still. Torque stays on until after the impact."""

    def begin(self, state: RobotState, tilt: Vertical) -> None:
        """The fall is called at this state."""

    def step(self, state: RobotState, tilt: Vertical) -> JointCommand:
        """The next tick."""


class DampedFall:
    """Every joint brakes and none pushes: limbs give way on impact, nothing whips."""

    def __init__(self, damping: np.ndarray):
        """`damping`: (n,) N m s/rad."""
        self._damping = damping

    def begin(self, state: RobotState, tilt: Vertical) -> None:
        """Nothing to prepare."""

    def step(self, state: RobotState, tilt: Vertical) -> JointCommand:
        """The next tick."""
        return JointCommand.damping(state.sequence, state.position, self._damping)


class FoldedFall:
    """Folds low and soft, arms towards the ground, the head never first: the robot's own poses, by the direction."""

    def __init__(self, plan: FallPlan, robot: RobotDescription, period: float):
        self._folding = Folding(plan, robot.limits.effort, period)
        self._legs = [
            (robot.indices(f"{side}_leg"), robot.joint_names.index(f"{side[0]}_knee"))
            for side in ("left", "right")
        ]

    def begin(self, state: RobotState, tilt: Vertical) -> None:
        """The pose is chosen here, and kept; legs that are bent farther, near the seat, only give way."""
        self._folding.begin(state.position, falls_towards(tilt))
        for leg, knee in self._legs:
            if state.position[knee] > self._folding.pose[knee]:
                self._folding.stiffness[leg] = 0.0

    def step(self, state: RobotState, tilt: Vertical) -> JointCommand:
        """The next tick."""
        return self._folding.step(state.sequence)


def falls_towards(tilt: Vertical) -> np.ndarray:
    """(2,) unit vector, forward and left seen from base_link: where it will lean."""
    ux, uy, uz = tilt.up
    turn_x, turn_y, turn_z = tilt.rate
    x, y = (
        ux + AHEAD * (uy * turn_z - uz * turn_y),
        uy + AHEAD * (uz * turn_x - ux * turn_z),
    )  # d(up)/dt = up x rate
    length = math.hypot(x, y)
    return np.array([-x, -y]) / length if length > STEEP else np.array([1.0, 0.0])
