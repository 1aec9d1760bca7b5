# SPDX-License-Identifier: Apache-2.0
"""Decides how often each camera is looked through, and that not all are in the same tick."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from talus_core.parameters import parameter
from talus_core.rotations import wrap_angle
from talus_core.schedule import ROUNDING_S

# The part along the vertical of a line of sight that looks at the feet: 40 degrees down.
FEET_DOWN = -0.64
WATCHED_RAD = math.radians(50.0)  # half of a camera's field of view: it looks that way
WALKING_MPS = 0.05  # of the base; slower is swaying


@dataclass(frozen=True)
class NeedConfig:
    """Defines pictures per second of each camera, by need."""

    rate_hz: float = parameter(5.0, "Of every camera, while the robot walks.", 0.5, 30.0)
    resting_hz: float = parameter(2.5, "Of every camera, while it does not.", 0.2, 30.0)
    watched_hz: float = parameter(
        10.0,
        "Of cameras at the feet while it walks, and of those that look where it goes or at the "
        "nearest person.",
        0.5,
        30.0,
    )
    most_at_once: int = parameter(
        5, "Pictures of one instant: the others' turn is the next one.", 1, 32
    )


class Need:
    """Picks pictures out of the streams of all cameras; time is that of the pictures.

    Attributes:
        speed: (2,) m/s, of the base over the ground, in its own frame.
        bearings: rad, left positive, in the base's frame, of what else is to be watched.
    """

    def __init__(self, config: NeedConfig, cameras: Sequence[str]):
        """Begin with the cameras spread evenly over a period."""
        self._config = config
        self.speed = np.zeros(2)
        self.bearings: tuple[float, ...] = ()
        self._axes: dict[str, np.ndarray] = {}
        self._place = {camera: i / len(cameras) for i, camera in enumerate(cameras)}
        self._due: dict[str, float] = {}
        self._instant = -math.inf
        self._taken = 0

    def aim(self, camera: str, axis: np.ndarray) -> None:
        """Store where a camera looks: (3,) unit vector in the base's frame."""
        self._axes[camera] = axis

    def rate_of(self, camera: str) -> float:
        """Return how often a camera is wanted now, Hz."""
        config = self._config
        is_walking = float(np.hypot(*self.speed)) > WALKING_MPS
        usual = config.rate_hz if is_walking else config.resting_hz
        axis = self._axes.get(camera)
        if axis is None:
            return usual
        if axis[2] < FEET_DOWN:
            return config.watched_hz if is_walking else usual
        ahead = (math.atan2(self.speed[1], self.speed[0]),) if is_walking else ()
        yaw = math.atan2(axis[1], axis[0])
        return config.watched_hz if _looks_at(yaw, (*self.bearings, *ahead)) else usual

    def is_due(self, camera: str, time: float) -> bool:
        """Tell whether the picture that a camera took at `time`, s, is wanted; if so it counts."""
        period = 1.0 / self.rate_of(camera)
        due = self._due.get(camera)
        if due is None or time < due - 2.0 * period or time > due + 2.0 * period:
            # The first one, a clock that jumped, or a gap: begin anew, at the camera's own place.
            self._due[camera] = due = time + self._place[camera] * period
        if time != self._instant:
            self._instant = time
            self._taken = 0
        if time < due - ROUNDING_S or self._taken >= self._config.most_at_once:
            return False
        self._taken += 1
        self._due[camera] = max(due + period, time + 0.5 * period)
        return True


def _looks_at(yaw: float, bearings: Iterable[float]) -> bool:
    return any(abs(wrap_angle(yaw - bearing)) < WATCHED_RAD for bearing in bearings)
