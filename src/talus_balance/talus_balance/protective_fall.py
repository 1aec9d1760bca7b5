# SPDX-License-Identifier: Apache-2.0
"""A fall that nothing can stop any more: fold low and soft, arms towards the ground, the head never first.

Where to put what belongs to the robot (`fall.yaml` beside its robot.yaml), by the direction of the fall.
"""

from __future__ import annotations

import numpy as np
from talus_core.fall_plan import FallPlan
from talus_core.state import JointCommand, RobotState

STILL_TURN, STILL_JOINT, STILL_FOR = 0.3, 0.5, 0.5  # rad/s, rad/s, s: lies at rest


class ProtectiveFall:
    """Call `begin` when the fall is certain, then `step` every tick until `is_at_rest`."""

    def __init__(self, plan: FallPlan, effort_limit: np.ndarray, dt: float):
        self._plan, self._effort, self._dt = plan, effort_limit, dt

    def begin(self, position: np.ndarray, direction: np.ndarray) -> None:
        """From joints at `position` (n,) rad, towards `direction` (2,): forward and left seen from the pelvis."""
        self._pose = self._plan.towards(direction)
        self._from = position.copy()
        self._elapsed = self._still_for = 0.0

    @property
    def is_at_rest(self) -> bool:
        """Nothing moves any more."""
        return self._still_for >= STILL_FOR

    def step(self, state: RobotState) -> JointCommand:
        """The next tick."""
        self._elapsed += self._dt
        still = np.linalg.norm(state.angular_velocity) < STILL_TURN and np.abs(state.velocity).max() < STILL_JOINT
        self._still_for = self._still_for + self._dt if still else 0.0
        share = min(self._elapsed / self._plan.duration, 1.0)
        zero = np.zeros_like(self._from)
        return JointCommand(
            state.sequence,
            self._from + share * (self._pose.joints - self._from),
            zero,
            zero,
            self._plan.stiffness * self._effort,
            self._plan.damping * self._effort,
        )
