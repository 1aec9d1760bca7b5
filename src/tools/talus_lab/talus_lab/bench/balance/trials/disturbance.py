# SPDX-License-Identifier: Apache-2.0
"""Disturbs the controller by a slow computer, and by arms that others move."""

from __future__ import annotations

import numpy as np
from talus_core.robot import RobotDescription
from talus_core.state import JointCommand

STALLS_PER_S = 5.0
# Standard deviation: a person who waves; the fastest arm joint does 24 rad/s.
ARM_WALK_RADPS = 1.0
ARM_WALK_TIME_S = 0.5  # s, time constant over which the speed decorrelates
# About the stand pose: keeps the hands out of torso and thighs most of the time.
ARM_WALK_RANGE_RAD = 0.8


class Stalls:
    """Makes the controller miss ticks, in stalls of a fixed length that begin at random moments."""

    def __init__(self, length: float, period: float, seed: int):
        """Take the length of a stall and of a tick, s."""
        self._ticks = round(length / period)
        self._chance = STALLS_PER_S * period
        self._random = np.random.default_rng((seed, 1))
        self._left = 0

    def __call__(self) -> bool:
        """Tell whether this tick is missed; call once per tick."""
        if self._left == 0 and self._random.random() < self._chance:
            self._left = self._ticks
        is_missed = self._left > 0
        self._left -= is_missed
        return is_missed


class ArmWalk:
    """Moves the arms in a random walk instead of the controller.

    The speed of each joint is smooth (Ornstein-Uhlenbeck) and reflected at the ends of its range.
    """

    def __init__(self, description: RobotDescription, period: float, seed: int):
        """Begin where the arms are; `period`: s per command."""
        self._joints = description.indices("left_arm", "right_arm")
        middle = description.poses["stand"][self._joints]
        limits = description.limits
        self._low = np.maximum(limits.lower[self._joints], middle - ARM_WALK_RANGE_RAD)
        self._high = np.minimum(limits.upper[self._joints], middle + ARM_WALK_RANGE_RAD)
        self._period = period
        self._random = np.random.default_rng((seed, 2))
        self._position: np.ndarray | None = None
        self._velocity = np.zeros(len(self._joints))

    def __call__(self, command: JointCommand) -> JointCommand:
        """Return the command with other targets, and no feed-forward, for the arms; gains stay."""
        joints = self._joints
        if self._position is None:
            self._position = command.position[joints].copy()
        share = self._period / ARM_WALK_TIME_S
        noise = self._random.standard_normal(len(joints))
        self._velocity += -share * self._velocity + ARM_WALK_RADPS * np.sqrt(2.0 * share) * noise
        self._position += self._period * self._velocity
        outside = (self._position < self._low) | (self._position > self._high)
        self._velocity[outside] *= -1.0
        self._position = np.clip(self._position, self._low, self._high)
        position = command.position.copy()
        velocity = command.velocity.copy()
        effort = command.effort.copy()
        position[joints] = self._position
        velocity[joints] = self._velocity
        effort[joints] = 0.0
        return command.with_(position=position, velocity=velocity, effort=effort)
