# SPDX-License-Identifier: Apache-2.0
"""Keeps a straight walk ahead or back on the line on which it began, by the odometry."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from talus_balance.stepping.gait_types import STANDING_COMMAND_MPS, ToleranceConfig

# 1/s: the robot is back on the line in some four steps, slower than the capture point's dynamics.
RETURN_GAIN_PER_S = 0.5
# 1/s^2, slope against what always pulls aside: half of RETURN_GAIN_PER_S^2 / 4, where swinging
# begins.
DRIFT_GAIN_PER_S2 = 0.03


@dataclass(frozen=True)
class _Line:
    """Holds a line: a point (2,) in odom, m, its heading, rad, and the way gone along it, m."""

    point: np.ndarray
    heading: float
    is_forward: bool

    def offset(self, place: np.ndarray) -> float:
        """Return how far `place` (2,), m, lies to the left of the line, m."""
        away_x = place[0] - self.point[0]
        away_y = place[1] - self.point[1]
        return float(math.cos(self.heading) * away_y - math.sin(self.heading) * away_x)


class PathHold:
    """Steers a walk back to its line; call `observe_landing` at every touchdown.

    Attributes:
        aside: Velocity to the left that brings the robot back to its line, in the heading frame,
            m/s.
    """

    def __init__(self, tolerance: ToleranceConfig):
        self._tolerance = tolerance
        self.reset()

    def reset(self) -> None:
        """Begin a new walk, without a line."""
        self.aside = 0.0
        self._line: _Line | None = None
        self._offset = 0.0
        self._drift = 0.0
        self._time = 0.0

    @property
    def holds(self) -> bool:
        """Tell whether there is a line to hold."""
        return self._line is not None

    def observe_landing(
        self, time: float, soles: np.ndarray, course: float, velocity: np.ndarray
    ) -> None:
        """Compare the place of the feet with the line.

        Args:
            time: Time of the landing, s.
            soles: (2, 2) positions of the soles in odom, m.
            course: Heading that is wanted, rad.
            velocity: (3,) commanded velocity in the heading frame: m/s, m/s, rad/s.
        """
        place = 0.5 * (soles[0] + soles[1])
        is_forward = bool(velocity[0] > 0.0)
        turns = np.abs(velocity[1:]).max() > STANDING_COMMAND_MPS
        if abs(velocity[0]) < STANDING_COMMAND_MPS or turns:
            self.reset()
        elif self._line is None or self._line.is_forward is not is_forward:
            self.reset()
            self._begin(time, _Line(place, course, is_forward))
        else:
            self._correct(time, self._line.offset(place), _Line(place, course, is_forward))

    def _correct(self, time: float, offset: float, new_line: _Line) -> None:
        is_shoved = abs(offset - self._offset) > self._tolerance.shoved_aside
        passed = time - self._time
        self._offset = offset
        self._time = time
        if abs(offset) > self._tolerance.abandoned:
            self._begin(time, new_line)
        elif is_shoved:
            self.aside = 0.0
        else:
            self._drift = self._bounded(self._drift - DRIFT_GAIN_PER_S2 * offset * passed)
            self.aside = self._bounded(self._drift - RETURN_GAIN_PER_S * offset)

    def _begin(self, time: float, line: _Line) -> None:
        self._line = line
        self._offset = 0.0
        self._time = time
        self.aside = self._drift

    def _bounded(self, aside: float) -> float:
        most = self._tolerance.aside
        return min(max(aside, -most), most)
