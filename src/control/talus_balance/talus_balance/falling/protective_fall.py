# SPDX-License-Identifier: Apache-2.0
"""Falls where no step can help: folds low and soft, arms towards the ground, head never first.

The poses belong to the robot (`fall.yaml` beside its robot.yaml) and depend on the direction of the
fall.
"""

from __future__ import annotations

import numpy as np
from talus_core.motion.fall_plan import FallPlan, Folding
from talus_core.state import JointCommand, RobotState

# rad/s of the base, rad/s of the joints and s: a body that moves less for so long lies at rest.
RESTING_TURN_RADPS = 0.3
RESTING_JOINT_RADPS = 0.5
RESTING_FOR_S = 0.5


class ProtectiveFall:
    """Runs a fall: call `begin` when it is certain, then `step_fall` every tick to `is_at_rest`."""

    def __init__(self, plan: FallPlan, effort_limit: np.ndarray, dt: float):
        """Fall by `plan`; `effort_limit` (n,) is the peak torque, N m, and `dt` a tick, s."""
        self._folding = Folding(plan, effort_limit, dt)
        self._dt = dt
        self._resting_for = 0.0

    def begin(self, position: np.ndarray, direction: np.ndarray) -> None:
        """Fold from joints at `position` (n,), rad, towards the `direction` (2,) of the fall.

        The direction is forward and left, seen from the pelvis.
        """
        self._folding.begin(position, direction)
        self._resting_for = 0.0

    @property
    def is_at_rest(self) -> bool:
        """Tell whether nothing has moved for some time."""
        return self._resting_for >= RESTING_FOR_S

    def step_fall(self, state: RobotState) -> JointCommand:
        """Return the command of this tick of the fall."""
        turn = np.linalg.norm(state.angular_velocity)
        rests = turn < RESTING_TURN_RADPS and np.abs(state.velocity).max() < RESTING_JOINT_RADPS
        self._resting_for = self._resting_for + self._dt if rests else 0.0
        return self._folding.step(state.sequence)
