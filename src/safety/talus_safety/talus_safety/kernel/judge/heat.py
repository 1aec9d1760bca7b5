# SPDX-License-Identifier: Apache-2.0
"""Estimates how warm the windings are, from measured torque alone.

First order, in parts of the rise that they bear for ever.
"""

from __future__ import annotations

import numpy as np

LOAD_SMOOTHING_S = 1.0  # s of the load that predicts: a step's peaks are no trend
HEAT_AHEAD_S = 10.0  # s that remain when a joint counts as hot


class HeatModel:
    """Follows the windings: `warmest` now and `predicted` are 1 where one reaches what it bears.

    Copper loss goes with the square of torque. A load of `continuous` times the peak, held for
    ever, ends at 1.
    """

    def __init__(
        self, effort: np.ndarray, names: tuple[str, ...], continuous: float, time_constant: float
    ):
        """Begin cold; `effort` is the peak torque (n,), N m, and `time_constant` in s."""
        self._rated = continuous * effort
        self._names = names
        self._constant = time_constant
        self._heat = np.zeros_like(effort)
        self._load = np.zeros_like(effort)
        self.warmest = self.predicted = 0.0
        self.joint = names[0]

    def step(self, effort: np.ndarray, dt: float) -> None:
        """Take in `dt` s of this torque (n,), N m.

        Where it is not finite, the last goes on.
        """
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
