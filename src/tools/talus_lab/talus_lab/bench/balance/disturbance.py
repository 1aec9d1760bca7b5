# SPDX-License-Identifier: Apache-2.0
"""What makes the controller's life hard without touching the robot: a computer that stalls, arms that others move."""

from __future__ import annotations

import numpy as np
from talus_core.robot import RobotDescription
from talus_core.state import JointCommand

STALLS_PER_S = 5.0
ARM_SPEED = 1.0  # rad/s, standard deviation: a person who waves; the fastest arm joint does 24
ARM_TIME = 0.5  # s over which the speed forgets itself
ARM_RANGE = 0.8  # rad about the stand pose: keeps the hands out of torso and thighs most of the time


class Stalls:
    """Whether the controller misses a tick: in stalls of a fixed length that begin at random moments."""

    def __init__(self, length: float, period: float, seed: int):
        """`length`, `period`: s."""
        self._ticks = round(length / period)
        self._chance = STALLS_PER_S * period
        self._random = np.random.default_rng((seed, 1))
        self._left = 0

    def __call__(self) -> bool:
        """Once per tick."""
        if self._left == 0 and self._random.random() < self._chance:
            self._left = self._ticks
        is_missed = self._left > 0
        self._left -= is_missed
        return is_missed


class ArmWalk:
    """Replaces the targets of the arms' joints by a random walk with smooth speed (Ornstein-Uhlenbeck), reflected."""

    def __init__(self, description: RobotDescription, period: float, seed: int):
        """`period`: s per command."""
        self._joints = description.indices("left_arm", "right_arm")
        middle, limits = description.poses["stand"][self._joints], description.limits
        self._low = np.maximum(limits.lower[self._joints], middle - ARM_RANGE)
        self._high = np.minimum(limits.upper[self._joints], middle + ARM_RANGE)
        self._period = period
        self._random = np.random.default_rng((seed, 2))
        self._position: np.ndarray | None = None
        self._velocity = np.zeros(len(self._joints))

    def __call__(self, command: JointCommand) -> JointCommand:
        """The command with other targets, and no feed-forward, for the arms; gains stay."""
        joints = self._joints
        if self._position is None:
            self._position = command.position[joints].copy()
        share = self._period / ARM_TIME
        noise = self._random.standard_normal(len(joints))
        self._velocity += -share * self._velocity + ARM_SPEED * np.sqrt(2.0 * share) * noise
        self._position += self._period * self._velocity
        outside = (self._position < self._low) | (self._position > self._high)
        self._velocity[outside] *= -1.0
        self._position = np.clip(self._position, self._low, self._high)
        position, velocity, effort = command.position.copy(), command.velocity.copy(), command.effort.copy()
        position[joints], velocity[joints], effort[joints] = self._position, self._velocity, 0.0
        return command.with_(position=position, velocity=velocity, effort=effort)
