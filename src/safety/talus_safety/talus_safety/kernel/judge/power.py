# SPDX-License-Identifier: Apache-2.0
"""Do supply and windings still carry? The bus voltage against its own mean, and the torque that drives have left."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

SMOOTH = 0.02  # s: a step's peak is shorter
MEAN = 10.0  # s: a pack that empties slowly is no brownout
DEGRADES, STOPS = (
    0.8,
    0.6,
)  # of the peak torque that a drive can still give: sitting down asks for half


class PowerReport(NamedTuple):
    """What the drives say of themselves at a tick, where they do.

    Attributes:
        voltage: V of the bus.
        torque_left: (n,) part of its peak that each can still give, less than 1 while it derates; None: not said.
    """

    voltage: float = math.nan
    torque_left: np.ndarray | None = None


class PowerMonitor:
    """`step` per tick; then `drop` of the bus voltage, as a part of it, and the `weakest` drive with its part."""

    def __init__(self, names: tuple[str, ...], period: float):
        self._names, self._period = names, period
        self._voltage = self._mean = math.nan
        self.drop, self.left, self.weakest = 0.0, 1.0, ""

    def step(self, report: PowerReport) -> None:
        """Values that are not finite say nothing."""
        if math.isfinite(report.voltage):
            self._follow(report.voltage)
        if report.torque_left is not None:
            joint = int(report.torque_left.argmin())
            self.left, self.weakest = float(report.torque_left[joint]), self._names[joint]

    def _follow(self, voltage: float) -> None:
        if math.isnan(self._mean):
            self._voltage = self._mean = voltage
        self._voltage += self._period / SMOOTH * (voltage - self._voltage)
        self._mean += self._period / MEAN * (voltage - self._mean)
        self.drop = 1.0 - self._voltage / self._mean if self._mean > 0.0 else 0.0
