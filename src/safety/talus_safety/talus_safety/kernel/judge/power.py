# SPDX-License-Identifier: Apache-2.0
"""Watches whether the bus voltage holds, and how much torque the drives have left."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

VOLTAGE_SMOOTHING_S = 0.02  # s: a step's peak load is shorter
VOLTAGE_MEAN_S = 10.0  # s: a pack that empties slowly does not count as a brownout
# Share of the peak torque that a drive can still give: sitting down needs half of the peak.
DEGRADING_TORQUE_LEFT = 0.8
STOPPING_TORQUE_LEFT = 0.6


class PowerReport(NamedTuple):
    """Holds what the drives report of their supply in one tick, where they report it.

    Attributes:
        voltage: Bus voltage, V.
        torque_left: (n,) share of its peak torque that each drive can still give, below 1 while it
            derates; None where drives do not report it.
    """

    voltage: float = math.nan
    torque_left: np.ndarray | None = None


class PowerMonitor:
    """Watches the relative `drop` of the bus voltage and the `weakest` drive's remaining torque."""

    def __init__(self, names: tuple[str, ...], period: float):
        self._names = names
        self._period = period
        self._voltage = self._mean = math.nan
        self.drop = 0.0
        self.left = 1.0
        self.weakest = ""

    def step(self, report: PowerReport) -> None:
        """Take in a report; values that are not finite are ignored."""
        if math.isfinite(report.voltage):
            self._follow(report.voltage)
        if report.torque_left is not None:
            joint = int(report.torque_left.argmin())
            self.left = float(report.torque_left[joint])
            self.weakest = self._names[joint]

    def _follow(self, voltage: float) -> None:
        if math.isnan(self._mean):
            self._voltage = self._mean = voltage
        self._voltage += self._period / VOLTAGE_SMOOTHING_S * (voltage - self._voltage)
        self._mean += self._period / VOLTAGE_MEAN_S * (voltage - self._mean)
        self.drop = 1.0 - self._voltage / self._mean if self._mean > 0.0 else 0.0
