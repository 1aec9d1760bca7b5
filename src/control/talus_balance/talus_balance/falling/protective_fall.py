# SPDX-License-Identifier: Apache-2.0
"""A fall that nothing can stop any more: fold low and soft, arms towards the ground, the head never first.

Where to put what belongs to the robot (`fall.yaml` beside its robot.yaml), by the direction of the fall.
"""

from __future__ import annotations

import numpy as np
from talus_core.fall_plan import FallPlan, Folding
from talus_core.state import JointCommand, RobotState

STILL_TURN, STILL_JOINT, STILL_FOR = 0.3, 0.5, 0.5  # rad/s, rad/s, s: lies at rest


class ProtectiveFall:
    """Call `begin` when the fall is certain, then `step` every tick until `is_at_rest`."""

    def __init__(self, plan: FallPlan, effort_limit: np.ndarray, dt: float):
        self._folding, self._dt = Folding(plan, effort_limit, dt), dt

    def begin(self, position: np.ndarray, direction: np.ndarray) -> None:
        """From joints at `position` (n,) rad, towards `direction` (2,): forward and left seen from the pelvis."""
        self._folding.begin(position, direction)
        self._still_for = 0.0

    @property
    def is_at_rest(self) -> bool:
        """Nothing moves any more."""
        return self._still_for >= STILL_FOR

    def step(self, state: RobotState) -> JointCommand:
        """The next tick."""
        still = np.linalg.norm(state.angular_velocity) < STILL_TURN and np.abs(state.velocity).max() < STILL_JOINT
        self._still_for = self._still_for + self._dt if still else 0.0
        return self._folding.step(state.sequence)
