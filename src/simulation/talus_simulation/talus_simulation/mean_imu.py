# SPDX-License-Identifier: Apache-2.0
"""Sense angular velocity and specific force of the base as an IMU does: as means over a tick."""

from __future__ import annotations

import numpy as np
from talus_core.rotations import skew


class MeanImu:
    """Averages angular velocity and specific force over a tick (delta-angle, delta-v).

    Good IMUs do the same. The mean specific force is the change of the IMU's velocity over the tick
    less gravity, seen from the mean attitude. It is right also when the robot is set down or struck
    within the tick, where a point sample would miss or overstate it.

    Motions are of the base: its rotation to the world (3, 3), its velocity (3,) m/s in the world,
    and its angular velocity (3,) rad/s in the base.

    Attributes:
        angular_velocity, linear_acceleration: (3,) rad/s, m/s^2 of the last tick, in the IMU.
        velocity: (3,) m/s of the IMU in the world, at the end of the last tick.
    """

    def __init__(self, position: np.ndarray, rotation_to_base: np.ndarray, gravity: np.ndarray):
        """Take the IMU's place in the base, (3,) m and (3, 3), and gravity, (3,) m/s^2."""
        self._gravity = gravity
        self._rotation_to_base = rotation_to_base
        self._lever = -skew(position)  # w x p = -[p]x w

    def restart(self, rotation: np.ndarray, velocity: np.ndarray, turning: np.ndarray) -> None:
        """Begin anew, at rest; `turning`: angular velocity."""
        self._turned = np.zeros(3)
        self._steps = 0
        self._rotation = rotation
        self.velocity = self._velocity_of(rotation, velocity, turning)
        self.angular_velocity = np.zeros(3)
        self.linear_acceleration = (self._rotation @ self._rotation_to_base).T @ -self._gravity

    def add(self, turning: np.ndarray) -> None:
        """Take in a physics step that is done, and the angular velocity after it."""
        self._turned += turning
        self._steps += 1

    def end(
        self, rotation: np.ndarray, velocity: np.ndarray, turning: np.ndarray, duration: float
    ) -> None:
        """Average over a tick of `duration` s that is done, with the motion at its end."""
        velocity = self._velocity_of(rotation, velocity, turning)
        specific_force = (velocity - self.velocity) / duration - self._gravity
        mean_rotation = 0.5 * (
            self._rotation + rotation
        )  # of a small turn: not quite a rotation, but the mean
        self.linear_acceleration = self._rotation_to_base.T @ (mean_rotation.T @ specific_force)
        self.angular_velocity = self._rotation_to_base.T @ (self._turned / self._steps)
        self._rotation = rotation
        self.velocity = velocity
        self._turned[:] = 0.0
        self._steps = 0

    def _velocity_of(
        self, rotation: np.ndarray, velocity: np.ndarray, turning: np.ndarray
    ) -> np.ndarray:
        """Return the IMU's velocity in the world, (3,), m/s."""
        return velocity + rotation @ (self._lever @ turning)
