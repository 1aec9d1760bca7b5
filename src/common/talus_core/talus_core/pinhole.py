# SPDX-License-Identifier: Apache-2.0
"""Models the pinhole camera: pixels, rays and points (x right, y down, z forward)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Pinhole:
    """Holds the intrinsics of a camera without distortion.

    The centre of pixel (0, 0) is at u = v = 0, as in sensor_msgs/CameraInfo.

    Attributes:
        width, height: Size of the image, pixels.
        fx, fy: Focal lengths, pixels.
        cx, cy: Principal point, pixels.
    """

    width: int
    height: int
    fx: float
    fy: float
    cx: float
    cy: float

    @staticmethod
    def from_fovy(width: int, height: int, fovy: float) -> Pinhole:
        """Return a camera with square pixels and this vertical field of view.

        `fovy` is in rad, from the image's top edge to its bottom edge.
        """
        focal = 0.5 * height / math.tan(0.5 * fovy)
        return Pinhole(width, height, focal, focal, 0.5 * (width - 1), 0.5 * (height - 1))

    @property
    def matrix(self) -> np.ndarray:
        """Return the camera matrix K, (3, 3)."""
        return np.array([[self.fx, 0.0, self.cx], [0.0, self.fy, self.cy], [0.0, 0.0, 1.0]])

    def rays(self, step: int = 1, first: tuple[int, int] = (0, 0)) -> np.ndarray:
        """Return the points at z = 1 m behind every `step`-th pixel, (rows, columns, 3) float32.

        The first pixel is at (row, column) `first`.
        """
        u = (np.arange(first[1], self.width, step) - self.cx) / self.fx
        v = (np.arange(first[0], self.height, step) - self.cy) / self.fy
        rays = np.ones((len(v), len(u), 3), dtype=np.float32)
        rays[..., 0] = u
        rays[..., 1] = v[:, None]
        return rays

    def project(self, points: np.ndarray) -> np.ndarray:
        """Project points (n, 3), m, to pixels u, v (n, 2); meaningful for z > 0 only."""
        depth = points[:, 2:3]
        return points[:, :2] / depth * (self.fx, self.fy) + (self.cx, self.cy)
