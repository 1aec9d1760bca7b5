# SPDX-License-Identifier: Apache-2.0
"""Defines poses of level frames: position and yaw, since gravity fixes roll and pitch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from talus_core.rotations import matrix_from_yaw, wrap_angle, yaw_of
from talus_core.transform import Transform

FREEDOMS = 4  # of a level pose: x, y, z, yaw


@dataclass(frozen=True)
class LevelPose:
    """Holds the pose of a level frame S in a level frame T: four degrees of freedom.

    Attributes:
        position: (3,) origin of S in T, m.
        yaw: Angle from the x axis of T to that of S about z, rad.
    """

    position: np.ndarray
    yaw: float

    @staticmethod
    def identity() -> LevelPose:
        """Return the pose of a frame in itself."""
        return LevelPose(np.zeros(3), 0.0)

    @staticmethod
    def of(transform: Transform) -> LevelPose:
        """Return position and heading of a transform, whose tilt is dropped."""
        return LevelPose(np.array(transform.position, float), yaw_of(transform.rotation))

    def __matmul__(self, other: LevelPose) -> LevelPose:
        return LevelPose(self.apply(other.position), wrap_angle(self.yaw + other.yaw))

    def inverse(self) -> LevelPose:
        """Return the pose of T in S."""
        return LevelPose(-matrix_from_yaw(-self.yaw) @ self.position, wrap_angle(-self.yaw))

    def apply(self, points: np.ndarray) -> np.ndarray:
        """Return points (..., 3) of S in T."""
        return points @ matrix_from_yaw(self.yaw).T + self.position

    def turn(self, directions: np.ndarray) -> np.ndarray:
        """Return directions (..., 3) of S in T."""
        return directions @ matrix_from_yaw(self.yaw).T

    def moved(self, step: np.ndarray) -> LevelPose:
        """Return the pose after (4,) small changes in T: x, y, z in m, yaw in rad."""
        return LevelPose(self.position + step[:3], wrap_angle(self.yaw + float(step[3])))

    def change_to(self, other: LevelPose) -> np.ndarray:
        """Return the (4,) changes in T that `moved` needs to make it `other`."""
        return np.append(other.position - self.position, wrap_angle(other.yaw - self.yaw))

    def transform(self) -> Transform:
        """Return it as a rigid transform."""
        return Transform(matrix_from_yaw(self.yaw), self.position)
