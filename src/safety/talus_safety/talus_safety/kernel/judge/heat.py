# SPDX-License-Identifier: Apache-2.0
"""How warm the windings are, from measured torque alone: first order, in parts of the rise that they bear for ever."""

from __future__ import annotations

import numpy as np

SMOOTH = 1.0  # s of the load that predicts: a step's peaks are no trend
AHEAD = 10.0  # s that remain when a joint counts as hot


class HeatModel:
    """`step` per sample; then `warmest` now and `predicted` are 1 where a winding reaches what it bears.

    Copper loss goes with the square of torque. A load of `continuous` times the peak, held for ever, ends at 1.
    """

    def __init__(
        self, effort: np.ndarray, names: tuple[str, ...], continuous: float, time_constant: float
    ):
        """`effort`: (n,) N m, peak; `time_constant`: s."""
        self._rated, self._names, self._constant = continuous * effort, names, time_constant
        self._heat, self._load = np.zeros_like(effort), np.zeros_like(effort)
        self.warmest = self.predicted = 0.0
        self.joint = names[0]

    def step(self, effort: np.ndarray, dt: float) -> None:
        """`dt` s with this torque (n,) N m; where it is not finite, the load before goes on."""
        load = (effort / self._rated) ** 2
        load = np.where(np.isfinite(load), load, self._load)
        self._load += min(dt / SMOOTH, 1.0) * (load - self._load)
        self._heat += min(dt / self._constant, 1.0) * (load - self._heat)
        ahead = self._heat + min(AHEAD / self._constant, 1.0) * np.maximum(
            self._load - self._heat, 0.0
        )
        hottest = int(np.argmax(ahead))
        self.joint = self._names[hottest]
        self.predicted, self.warmest = float(ahead[hottest]), float(self._heat.max())
