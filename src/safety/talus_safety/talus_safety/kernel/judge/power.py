# SPDX-License-Identifier: Apache-2.0
"""Watches whether supply and windings still carry: bus voltage, and the torque drives have left."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

VOLTAGE_SMOOTHING_S = 0.02  # s: a step's peak is shorter
VOLTAGE_MEAN_S = 10.0  # s: a pack that empties slowly is no brownout
# of the peak torque that a drive can still give: sitting down asks for half
DEGRADING_TORQUE_LEFT = 0.8
STOPPING_TORQUE_LEFT = 0.6


class PowerReport(NamedTuple):
    """Holds what the drives say of themselves at a tick, where they do.

    Attributes:
        voltage: V of the bus.
        torque_left: (n,) part of its peak that each can still give, less than 1 while it derates;
            None: not said.
    """

    voltage: float = math.nan
    torque_left: np.ndarray | None = None


class PowerMonitor:
    """Watches `drop` of the bus voltage, as a part of it, and the `weakest` drive with its part."""

    def __init__(self, names: tuple[str, ...], period: float):
        self._names = names
        self._period = period
        self._voltage = self._mean = math.nan
        self.drop = 0.0
        self.left = 1.0
        self.weakest = ""

    def step(self, report: PowerReport) -> None:
        """Take in a report; values that are not finite say nothing."""
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
