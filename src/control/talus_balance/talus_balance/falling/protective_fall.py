# SPDX-License-Identifier: Apache-2.0
"""Falls when nothing can stop it: folds low and soft, arms towards the ground, head never first.

Where to put what belongs to the robot (`fall.yaml` beside its robot.yaml), by the direction of the
fall.
"""

from __future__ import annotations

import numpy as np
from talus_core.fall_plan import FallPlan, Folding
from talus_core.state import JointCommand, RobotState

# A body that lies at rest turns no faster than that, nor do its joints, for so long.
RESTING_TURN_RADPS = 0.3
RESTING_JOINT_RADPS = 0.5
RESTING_FOR_S = 0.5


class ProtectiveFall:
    """Call `begin` when the fall is certain, then `step_fall` every tick until `is_at_rest`."""

    def __init__(self, plan: FallPlan, effort_limit: np.ndarray, dt: float):
        """`effort_limit`: (n,) N m of the joints."""
        self._folding = Folding(plan, effort_limit, dt)
        self._dt = dt
        self._resting_for = 0.0

    def begin(self, position: np.ndarray, direction: np.ndarray) -> None:
        """Fold from joints at `position` (n,) rad towards the `direction` (2,) of the fall.

        The direction is forward and left, seen from the pelvis.
        """
        self._folding.begin(position, direction)
        self._resting_for = 0.0

    @property
    def is_at_rest(self) -> bool:
        """Nothing moves any more."""
        return self._resting_for >= RESTING_FOR_S

    def step_fall(self, state: RobotState) -> JointCommand:
        """Go on folding for a tick."""
        turn = np.linalg.norm(state.angular_velocity)
        rests = turn < RESTING_TURN_RADPS and np.abs(state.velocity).max() < RESTING_JOINT_RADPS
        self._resting_for = self._resting_for + self._dt if rests else 0.0
        return self._folding.step(state.sequence)
