# SPDX-License-Identifier: Apache-2.0
"""Keeps a walk straight ahead or back on the line on which it began, by the odometry of the estimator."""

from __future__ import annotations

import math

import numpy as np

from talus_balance.stepping.gait_types import STILL

GAIN = 0.5  # 1/s: back on the line in some four steps, slower than the capture point's own dynamics
DRIFT_GAIN = 0.03  # 1/s^2, for what always pulls aside, as a slope; half of GAIN^2 / 4, where swinging begins
LIMIT = 0.08  # m/s: 4 cm a step, a third of the sideways speed that is proven
SHOVED = 0.08  # m aside in one step: more than two corrections, so somebody shoves, and the next step is for balance
LET_GO = 0.40  # m from the line, two step widths: whoever moved the robot there wants it there


class PathHold:
    """Call `landed` at every touchdown.

    Attributes:
        aside: m/s to the left, in the heading frame, that brings the robot back to its line.
    """

    def __init__(self):
        self.reset()

    def reset(self) -> None:
        """A new walk."""
        self.aside = 0.0
        self._line: tuple[np.ndarray, float, bool] | None = None  # a point (2,) m, its heading rad, and forward or back
        self._off, self._drift, self._time = 0.0, 0.0, 0.0

    @property
    def holds(self) -> bool:
        """There is a line."""
        return self._line is not None

    def landed(self, time: float, soles: np.ndarray, course: float, velocity: np.ndarray) -> None:
        """A foot has landed.

        Args:
            time: s.
            soles: (2, 2) m in odom.
            course: rad, the heading that is wanted.
            velocity: (3,) m/s, m/s, rad/s commanded, in the heading frame.
        """
        place, forward = 0.5 * (soles[0] + soles[1]), bool(velocity[0] > 0.0)
        if abs(velocity[0]) < STILL or np.abs(velocity[1:]).max() > STILL:
            self.reset()
            return
        if self._line is None or self._line[2] is not forward:
            self.reset()
            self._begin(time, place, course, forward)
            return
        point, heading, _ = self._line
        off = float(math.cos(heading) * (place[1] - point[1]) - math.sin(heading) * (place[0] - point[0]))
        is_shoved, passed = abs(off - self._off) > SHOVED, time - self._time
        self._off, self._time = off, time
        if abs(off) > LET_GO:
            self._begin(time, place, course, forward)
        elif is_shoved:
            self.aside = 0.0
        else:
            self._drift = _bounded(self._drift - DRIFT_GAIN * off * passed)
            self.aside = _bounded(self._drift - GAIN * off)

    def _begin(self, time: float, place: np.ndarray, course: float, forward: bool) -> None:
        self._line, self._off, self._time, self.aside = (place, course, forward), 0.0, time, self._drift


def _bounded(aside: float) -> float:
    return min(max(aside, -LIMIT), LIMIT)
