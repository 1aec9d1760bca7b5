# SPDX-License-Identifier: Apache-2.0
"""Moves a robot that falls while nothing else commands it.

It holds the seam for such motions, and the two motions that this package provides.
"""

from __future__ import annotations

import math
from typing import Protocol

import numpy as np
from talus_core.motion.fall_plan import FallPlan, Folding
from talus_core.robot import RobotDescription
from talus_core.state import JointCommand, RobotState

from talus_safety.kernel.judge.fall import LEAST_TILT_SINE
from talus_safety.kernel.measure.tilt import Vertical

# s by which a fall's direction is predicted: a third of the time from the call to the impact
FALL_DIRECTION_AHEAD_S = 0.15


class FallMotion(Protocol):
    """Moves the robot through a protective fall: from the call until it lies still.

    Torque stays on until after the impact.
    """

    def begin_fall(self, state: RobotState, tilt: Vertical) -> None:
        """Take over at this state, in which the fall is called."""

    def step_fall(self, state: RobotState, tilt: Vertical) -> JointCommand:
        """Return the command of the next tick."""


class DampedFall:
    """Damps every joint and drives none, so that limbs give way on impact and nothing whips."""

    def __init__(self, damping: np.ndarray):
        """Keep the damping (n,) of the joints, N m s/rad."""
        self._damping = damping

    def begin_fall(self, state: RobotState, tilt: Vertical) -> None:
        """Take over at this state, in which the fall is called."""

    def step_fall(self, state: RobotState, tilt: Vertical) -> JointCommand:
        """Return the command of the next tick."""
        return JointCommand.damping(state.sequence, state.position, self._damping)


class FoldedFall:
    """Folds the robot low and soft, arms towards the ground, so that the head never hits first.

    It uses the robot's own fall poses, chosen by the direction of the fall.
    """

    def __init__(self, plan: FallPlan, robot: RobotDescription, period: float):
        self._folding = Folding(plan, robot.limits.effort, period)
        self._legs = robot.legs

    def begin_fall(self, state: RobotState, tilt: Vertical) -> None:
        """Take over at this state, in which the fall is called.

        Legs that are bent farther than the pose, near the seat, only give way.
        """
        self._folding.begin_fold(state.position, falls_towards(tilt))
        for leg in self._legs:
            if leg.is_bent_farther(state.position, self._folding.pose):
                self._folding.stiffness[leg.joints] = 0.0

    def step_fall(self, state: RobotState, tilt: Vertical) -> JointCommand:
        """Return the command of the next tick."""
        return self._folding.step_fold(state.sequence)


def falls_towards(tilt: Vertical) -> np.ndarray:
    """Return the direction (2,) in which the robot will lean: forward and left in base_link."""
    ux, uy, uz = tilt.up
    turn_x, turn_y, turn_z = tilt.rate
    # The vertical in base_link moves as d(up)/dt = up x rate.
    x = ux + FALL_DIRECTION_AHEAD_S * (uy * turn_z - uz * turn_y)
    y = uy + FALL_DIRECTION_AHEAD_S * (uz * turn_x - ux * turn_z)
    length = math.hypot(x, y)
    return np.array([-x, -y]) / length if length > LEAST_TILT_SINE else np.array([1.0, 0.0])
