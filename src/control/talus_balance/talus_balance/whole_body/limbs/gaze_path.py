# SPDX-License-Identifier: Apache-2.0
"""Leads the eyes to their target, as far as the trunk turns, and back home."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from talus_balance.size.dimensions import SAME, sized

# rad from home at which the eyes are back: 1 degree, negligible for the chest
HOME_TOLERANCE_RAD = 0.02


class GazeAngles(NamedTuple):
    """Holds a direction relative to the heading: yaw to the left, pitch downwards, rad."""

    yaw: float
    pitch: float

    def direction(self) -> np.ndarray:
        """Return the unit vector (3,) in the heading's frame."""
        flat = math.cos(self.pitch)
        return np.array(
            [flat * math.cos(self.yaw), flat * math.sin(self.yaw), -math.sin(self.pitch)]
        )

    def moved_towards(self, wanted: GazeAngles, most: float) -> GazeAngles:
        """Return the angles nearer to `wanted`, each by `most`, rad, at most."""
        return GazeAngles(
            self.yaw + min(max(wanted.yaw - self.yaw, -most), most),
            self.pitch + min(max(wanted.pitch - self.pitch, -most), most),
        )


@dataclass(frozen=True)
class GazeRange:
    """Bounds how the chest turns for the eyes, relative to the heading, in the joints' ranges.

    Attributes:
        yaw: Largest yaw to both sides, rad.
        pitch_up, pitch_down: Largest pitch from level, rad.
        rate: Largest turn rate, rad/s.
    """

    yaw: float = sized(1.0, SAME)
    pitch_up: float = sized(0.2, SAME)
    pitch_down: float = sized(0.4, SAME)
    rate: float = sized(0.8, SAME)

    def towards(self, point_in_heading: np.ndarray) -> GazeAngles:
        """Return the angles towards a point (3,), m, seen from the eyes, within the range."""
        x, y, z = point_in_heading.tolist()
        yaw = math.atan2(y, x)
        pitch = -math.atan2(z, math.hypot(x, y))
        return GazeAngles(
            min(max(yaw, -self.yaw), self.yaw), min(max(pitch, -self.pitch_up), self.pitch_down)
        )


class GazePath:
    """Turns the gaze to a target and, once that is gone, back home."""

    def __init__(self, gaze: GazeRange, dt: float, angles: GazeAngles):
        """Begin at `angles`."""
        self._range = gaze
        self._step = gaze.rate * dt
        self._angles = angles

    def turn_to(self, point_in_heading: np.ndarray) -> GazeAngles:
        """Return this tick's angles on the way to a point (3,), m, relative to the eyes."""
        self._angles = self._angles.moved_towards(self._range.towards(point_in_heading), self._step)
        return self._angles

    def turn_back(self, home: GazeAngles) -> GazeAngles | None:
        """Return this tick's angles on the way to `home`; None once they are there."""
        self._angles = self._angles.moved_towards(home, self._step)
        away = max(abs(self._angles.yaw - home.yaw), abs(self._angles.pitch - home.pitch))
        return self._angles if away > HOME_TOLERANCE_RAD else None
