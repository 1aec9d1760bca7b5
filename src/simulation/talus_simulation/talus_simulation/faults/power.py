# SPDX-License-Identifier: Apache-2.0
"""Spoil the power bus and what the pack reports of itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from talus_core.driver import Battery

from talus_simulation.faults.signals import Bursts, SignalData, make_signal

PACK_REPORT_PERIOD_S = 1.0  # s: how often a pack is asked
Sag = Callable[[], float]  # once per tick: share of the open-circuit voltage that is left
BatteryFault = Callable[[Battery], Battery]


def bus_fault(effect: str, severity: float, period: float, random: np.random.Generator) -> Sag:
    """Build a fault of the bus voltage."""
    if effect == "garbage":
        return lambda: float(random.uniform())
    if effect == "intermittent":
        bursts = Bursts(severity, period, random)
        return lambda: 0.0 if bursts() else 1.0
    return lambda: 0.0 if effect == "off" else 1.0 - severity


def battery_fault(effect: str, severity: float, random: np.random.Generator) -> BatteryFault:
    """Build a fault of the pack's report; what is wrong with it is the charge."""
    span = np.array([100.0, 200.0, 1e7])  # V, A, J: twice the pack's own
    signal = make_signal(
        effect, severity, SignalData(span, np.zeros(3), np.ones(3), PACK_REPORT_PERIOD_S), random
    )

    def report(battery: Battery) -> Battery:
        energy = (
            battery.energy - severity * battery.capacity if effect == "wrong" else battery.energy
        )
        voltage, current, energy = signal(
            np.array([battery.voltage, battery.current, energy])
        ).tolist()
        return replace(battery, voltage=voltage, current=current, energy=energy)

    return report
