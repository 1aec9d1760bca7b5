# SPDX-License-Identifier: Apache-2.0
"""Stops joints before their range and their drives' speed end, by bounds of accelerations."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from talus_dynamics.robot_dynamics import BASE, WholeBodyModel

from talus_balance.size.dimensions import SAME, sized
from talus_balance.whole_body.limits.limit import LimitBlock, SoleLoads

# rad/s^2 at most to push back a joint beyond its range: more would have no solution
_BRAKING_RADPS2 = 200.0
# Share of a drive's speed limit from which on the joint is braked back to that limit: below the 1.2
# at which the gate calls it a runaway, beyond what shoves of 45 N s bring talus40's joints to.
FAST_OF_LIMIT = 1.1


@dataclass(frozen=True)
class JointRangeConfig:
    """Configures how early a joint brakes.

    Attributes:
        horizon: Time ahead in which a joint must still be able to stop before its range ends, s.
        speed_horizon: Time ahead in which a joint is back at its drive's speed limit, s: ten ticks.
    """

    horizon: float = sized(0.05, SAME)
    speed_horizon: float = sized(0.02, SAME)


class JointRange:
    """Lets no joint reach the end of its range within the horizon, nor go on beyond its speed.

    An arm that goes nowhere by itself is a counterweight of the body: it ends its swing before it
    meets the robot. One that was led farther only stops going on; its posture brings it back.

    Attributes:
        reaching: Whether the left and the right hand go to a target, by all the range of the arm.
    """

    is_equality = False

    def __init__(self, model: WholeBodyModel, config: JointRangeConfig):
        self._model = model
        self._horizon = config.horizon
        self._speed_horizon = config.speed_horizon
        limits = model.description.limits
        joints = model.description.structural_indices[model.joints.order]
        self._lower = limits.lower[joints]
        self._upper = limits.upper[joints]
        self._fastest = limits.velocity[joints]
        self._swing = model.description.swing[:, joints]
        self._is_narrow = bool((self._swing != (self._lower, self._upper)).any())
        self._arms = [
            model.joints_of(arm)[model.joints.order]
            for arm in ("left_arm", "right_arm")
            if arm in model.description.groups
        ]
        self.reaching = (False, False)

    def count(self, sides: tuple[int, ...]) -> int:
        """Return 0: this limit only bounds variables."""
        return 0

    def prepare(self, block: LimitBlock) -> None:
        """Do nothing: every bound changes at each tick."""

    def write(self, block: LimitBlock, loads: SoleLoads) -> None:
        """Bound the accelerations of the joints."""
        model = self._model
        horizon = self._horizon
        joints = slice(BASE, model.nv)
        ahead = model.joint_position + horizon * model.velocity[BASE:]
        scale = 2.0 / (horizon * horizon)
        lower, upper = self._room() if self._is_narrow else (self._lower, self._upper)
        block.variable_upper[joints] = np.maximum(scale * (upper - ahead), -_BRAKING_RADPS2)
        block.variable_lower[joints] = np.minimum(scale * (lower - ahead), _BRAKING_RADPS2)
        speed = model.velocity[BASE:]
        for at in np.flatnonzero(np.abs(speed) > FAST_OF_LIMIT * self._fastest):
            sign = np.sign(speed[at])
            left = (self._fastest[at] - abs(speed[at])) / self._speed_horizon
            most = max(float(left), -_BRAKING_RADPS2)
            column = BASE + int(at)
            if sign > 0.0:
                block.variable_upper[column] = min(block.variable_upper[column], most)
            else:
                block.variable_lower[column] = max(block.variable_lower[column], -most)

    def _room(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the lowest and highest angles (joints,) to which joints may go now, rad."""
        position = self._model.joint_position
        lower = np.maximum(np.minimum(self._swing[0], position), self._lower)
        upper = np.minimum(np.maximum(self._swing[1], position), self._upper)
        for arm, reaches in zip(self._arms, self.reaching, strict=False):
            if reaches:
                lower[arm] = self._lower[arm]
                upper[arm] = self._upper[arm]
        return lower, upper
