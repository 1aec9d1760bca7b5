# SPDX-License-Identifier: Apache-2.0
"""Falls where no step can help: folds low and soft, arms towards the ground, head never first.

The poses belong to the robot (`fall.yaml` beside its robot.yaml) and depend on the direction of the
fall.
"""

from __future__ import annotations

import numpy as np
from talus_core.motion.fall_plan import FallPlan, Folding
from talus_core.state import JointCommand, RobotState
from talus_core.words.rest import STILL_JOINT_RADPS, STILL_TURN_RADPS

# Of stillness of all joints and the base: 0.1 s more than AT_REST_AFTER_S, after which the gate
# takes a body that lies for at rest.
FALL_ENDS_AFTER_S = 0.5


class ProtectiveFall:
    """Runs a fall: `begin_fall` when it is certain, then `step_fall` each tick to `has_ended`."""

    def __init__(self, plan: FallPlan, effort_limit: np.ndarray, dt: float):
        """Fall by `plan`; `effort_limit` (n,) is the peak torque, N m, and `dt` a tick, s."""
        self._folding = Folding(plan, effort_limit, dt)
        self._dt = dt
        self._still_for_s = 0.0

    def begin_fall(self, position: np.ndarray, direction: np.ndarray) -> None:
        """Fold from joints at `position` (n,), rad, towards the `direction` (2,) of the fall.

        The direction is forward and left, seen from the pelvis.
        """
        self._folding.begin_fold(position, direction)
        self._still_for_s = 0.0

    @property
    def has_ended(self) -> bool:
        """Tell whether nothing has moved for some time."""
        return self._still_for_s >= FALL_ENDS_AFTER_S

    def step_fall(self, state: RobotState) -> JointCommand:
        """Return the command of this tick of the fall."""
        turn = np.linalg.norm(state.angular_velocity)
        is_still = turn < STILL_TURN_RADPS and np.abs(state.velocity).max() < STILL_JOINT_RADPS
        self._still_for_s = self._still_for_s + self._dt if is_still else 0.0
        return self._folding.step_fold(state.sequence)
