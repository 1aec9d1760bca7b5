# SPDX-License-Identifier: Apache-2.0
"""Estimates how warm the windings are, from measured torque alone.

The model is of first order; its unit is the temperature rise that a winding bears for ever.
"""

from __future__ import annotations

import numpy as np

LOAD_SMOOTHING_S = 1.0  # s over which the predicting load is smoothed: a step's peaks are no trend
HEAT_AHEAD_S = 10.0  # s of prediction: the time that remains when a joint counts as hot


class HeatModel:
    """Follows the windings; `warmest` and `predicted` are 1 at what a winding bears for ever.

    Copper loss grows with the square of torque. A load of `continuous` times the peak torque, held
    for ever, ends at 1.
    """

    def __init__(
        self, effort: np.ndarray, names: tuple[str, ...], continuous: float, time_constant: float
    ):
        """Begin cold; `effort` is the peak torque (n,), N m, and `time_constant` is in s."""
        self._rated = continuous * effort
        self._names = names
        self._constant = time_constant
        self._heat = np.zeros_like(effort)
        self._load = np.zeros_like(effort)
        self.warmest = self.predicted = 0.0
        self.joint = names[0]

    def step(self, effort: np.ndarray, dt: float) -> None:
        """Take in `dt` s of this torque (n,), N m; where it is not finite, the last one counts."""
        load = (effort / self._rated) ** 2
        load = np.where(np.isfinite(load), load, self._load)
        self._load += min(dt / LOAD_SMOOTHING_S, 1.0) * (load - self._load)
        self._heat += min(dt / self._constant, 1.0) * (load - self._heat)
        ahead = self._heat + min(HEAT_AHEAD_S / self._constant, 1.0) * np.maximum(
            self._load - self._heat, 0.0
        )
        hottest = int(np.argmax(ahead))
        self.joint = self._names[hottest]
        self.predicted = float(ahead[hottest])
        self.warmest = float(self._heat.max())
