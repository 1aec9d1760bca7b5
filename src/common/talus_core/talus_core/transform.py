# SPDX-License-Identifier: Apache-2.0
"""Defines rigid transforms between two frames, and poses between two known ones."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

Pose = tuple[float, float, float, float, float, float, float]  # x, y, z in m; qx, qy, qz, qw (unit)


@dataclass(frozen=True)
class Transform:
    """Holds the pose of frame S in frame T (X_TS): p in S is `rotation @ p + position` in T.

    Attributes:
        rotation: (3, 3) rotation from S to T.
        position: (3,) origin of S in T, m.
    """

    rotation: np.ndarray
    position: np.ndarray

    def __matmul__(self, other: Transform) -> Transform:
        return Transform(
            self.rotation @ other.rotation, self.rotation @ other.position + self.position
        )

    def inverse(self) -> Transform:
        """Return X_ST, the pose of T in S."""
        return Transform(self.rotation.T, -self.rotation.T @ self.position)

    def apply(self, points: np.ndarray) -> np.ndarray:
        """Return points (n, 3) of S in T, in the dtype of `points`."""
        return points @ self.rotation.T.astype(points.dtype) + self.position.astype(points.dtype)

    @staticmethod
    def identity() -> Transform:
        """Return the pose of a frame in itself."""
        return Transform(np.eye(3), np.zeros(3))

    @staticmethod
    def from_pose(pose: Pose) -> Transform:
        """Return the transform of a position, m, and a unit quaternion in ROS order."""
        x, y, z, w = pose[3:]
        rotation = np.array(
            [
                [1.0 - 2.0 * (y * y + z * z), 2.0 * (x * y - z * w), 2.0 * (x * z + y * w)],
                [2.0 * (x * y + z * w), 1.0 - 2.0 * (x * x + z * z), 2.0 * (y * z - x * w)],
                [2.0 * (x * z - y * w), 2.0 * (y * z + x * w), 1.0 - 2.0 * (x * x + y * y)],
            ]
        )
        return Transform(rotation, np.array(pose[:3], dtype=float))


def unit_pose(position: Iterable[float], quat_xyzw: Iterable[float]) -> Pose:
    """Return the pose with its quaternion normalised.

    Raises ValueError on NaN, infinity, a wrong size or |q| not near 1.
    """
    pose = (*map(float, position), *map(float, quat_xyzw))
    norm = math.hypot(*pose[3:])
    if len(pose) != 7 or not all(map(math.isfinite, pose)) or abs(norm - 1.0) > 1e-3:
        raise ValueError(f"not a position and a unit quaternion: {pose}")
    x, y, z, qx, qy, qz, qw = pose
    return x, y, z, qx / norm, qy / norm, qz / norm, qw / norm


def interpolated_pose(a: Pose, b: Pose, share: float) -> Pose:
    """Return a pose between `a` (share 0) and `b` (share 1).

    Positions are interpolated linearly, rotations spherically by the shorter way.
    """
    cosine = sum(p * q for p, q in zip(a[3:], b[3:], strict=True))
    sign = -1.0 if cosine < 0.0 else 1.0
    angle = math.acos(min(abs(cosine), 1.0))
    if angle < 1e-4:  # below this sin(s a) / sin(a) = s to 1e-9
        weight_a = 1.0 - share
        weight_b = sign * share
    else:
        sine = math.sin(angle)
        weight_a = math.sin((1.0 - share) * angle) / sine
        weight_b = sign * math.sin(share * angle) / sine
    x, y, z = (p + share * (q - p) for p, q in zip(a[:3], b[:3], strict=True))
    qx, qy, qz, qw = (weight_a * p + weight_b * q for p, q in zip(a[3:], b[3:], strict=True))
    return x, y, z, qx, qy, qz, qw
