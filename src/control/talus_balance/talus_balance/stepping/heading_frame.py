# SPDX-License-Identifier: Apache-2.0
"""Defines the frame in which steps are planned: odom's origin, x along the robot's heading."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np


class HeadingFrame(NamedTuple):
    """Holds cosine and sine of a heading, and turns points and vectors on the ground."""

    cosine: float
    sine: float

    @classmethod
    def at(cls, yaw: float) -> HeadingFrame:
        """Return the frame whose x axis points to `yaw`, rad, in odom."""
        return cls(math.cos(yaw), math.sin(yaw))

    def from_odom(self, xy: np.ndarray) -> np.ndarray:
        """Return `xy` (2,), given in odom, in this frame."""
        c, s = self
        x = xy.item(0)
        y = xy.item(1)
        return np.array([c * x + s * y, -s * x + c * y])

    def to_odom(self, xy: np.ndarray) -> np.ndarray:
        """Return `xy` (2,), given in this frame, in odom."""
        c, s = self
        x = xy.item(0)
        y = xy.item(1)
        return np.array([c * x - s * y, s * x + c * y])
