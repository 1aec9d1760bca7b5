# SPDX-License-Identifier: Apache-2.0
"""Warms the windings of drives by the torque that they give."""

from __future__ import annotations

import numpy as np

AMBIENT_C = 25.0
HOT_C = 100.0  # where drives of all makers here trip by default
# Rated torque over peak torque in makers' tables: DM-J4310 3 of 7 N m, RS04 40 of 120 N m.
_RATED_FRACTION = 1.0 / 3.0
# Over which a winding warms: minutes at rated torque, some 10 s at the peak, as makers' pages say.
_TIME_CONSTANT_S = 100.0
_STAGE_FRACTION = 0.5  # of the winding's rise, in the power stage that sits behind it


class Windings:
    """Holds the temperatures of n windings: at rated torque one settles where it trips.

    Attributes:
        temperature: (n,) degrees Celsius.
    """

    def __init__(self, peak: np.ndarray):
        """Take the peak torques, (n,), N m."""
        self._rated = _RATED_FRACTION * peak
        self.temperature = np.full(len(peak), AMBIENT_C)

    @property
    def stage_temperature(self) -> np.ndarray:
        """Return the temperatures of the power stages, (n,), degrees Celsius."""
        return AMBIENT_C + _STAGE_FRACTION * (self.temperature - AMBIENT_C)

    def warm(self, effort: np.ndarray, seconds: float) -> None:
        """Let time pass with torques (n,), N m; what is not a number warms nothing."""
        share = np.nan_to_num(effort) / self._rated
        settled = AMBIENT_C + (HOT_C - AMBIENT_C) * share**2
        self.temperature += seconds / _TIME_CONSTANT_S * (settled - self.temperature)

    def cool(self) -> None:
        """Let all be as cold as the room."""
        self.temperature[:] = AMBIENT_C
