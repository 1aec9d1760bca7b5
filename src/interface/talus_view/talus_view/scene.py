# SPDX-License-Identifier: Apache-2.0
"""Keeps data that several widgets need: the newest of each type, with its age."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np

from talus_view.gauges import RealTimeFactor

DataT = TypeVar("DataT")


@dataclass(frozen=True)
class BasePose:
    """Hold base_link in odom: (3,) m, quaternion, (3,) m/s and yaw rate rad/s in base_link."""

    position: np.ndarray
    quat_xyzw: np.ndarray
    velocity: np.ndarray
    yaw_rate: float


@dataclass(frozen=True)
class WallStamped:
    """Hold a value and the wall time, s, at which it came."""

    value: object
    wall: float


@dataclass
class Scene:
    """Keeps the newest of everything that widgets share.

    Attributes:
        real_time: How fast simulated time runs.
        latest: The newest value by its type.
    """

    real_time: RealTimeFactor = field(default_factory=RealTimeFactor)
    latest: dict[type, WallStamped] = field(default_factory=dict)

    def put(self, value: object, wall: float) -> None:
        """Store a value that came at `wall` s, for all that ask for its type."""
        self.latest[type(value)] = WallStamped(value, wall)

    def get(self, kind: type[DataT], wall: float, at_most: float = float("inf")) -> DataT | None:
        """Return the newest value of a type if it is at most `at_most` s old at `wall`, or None."""
        stamped = self.latest.get(kind)
        if stamped is None or wall - stamped.wall > at_most:
            return None
        assert isinstance(stamped.value, kind)  # `put` stores by type
        return stamped.value
