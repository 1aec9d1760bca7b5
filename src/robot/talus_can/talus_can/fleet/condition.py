# SPDX-License-Identifier: Apache-2.0
"""Tells the condition of buses and drives: what a reader sees, and how much torque is left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from talus_can.bus.seam import BusHealth
from talus_can.config import CanSettings
from talus_can.fleet.fleet import Fleet
from talus_can.wires import Wires


class Condition:
    """Puts numbers and words to what the fleet and the wires know."""

    def __init__(
        self,
        joints: Sequence[str],
        fleet: Fleet,
        settings: CanSettings,
        loads: Mapping[str, float],
    ):
        """Take the names of the joints and the planned load of each bus by name."""
        self._joints = joints
        self._fleet = fleet
        self._settings = settings
        self._loads = loads
        self._dropped = np.zeros(len(joints), np.int64)

    def note_drops(self, drops: np.ndarray) -> None:
        """Count drives (n,) that dropped out in this tick."""
        self._dropped += drops

    def torque_left(self, absent: np.ndarray) -> np.ndarray:
        """Return the share of its peak torque that each drive can give, (n,); 0 where `absent`.

        Between two temperatures it falls evenly; a drive that is not proven gives none.
        """
        settings = self._settings
        over = self._fleet.temperatures - settings.hot_c
        share = 1.0 - over / (settings.too_hot_c - settings.hot_c)
        share = np.where(np.isnan(share), 1.0, np.clip(share, 0.0, 1.0))
        return np.where(absent | ~self._fleet.proven, 0.0, share)

    def remarks(self) -> list[str]:
        """Return what nobody watches, one line each."""
        return [
            f"can: the watchdog of {group.name} drives can neither be set nor read over the bus; "
            f"set it to {self._settings.watchdog_s:g} s with the maker's tool"
            for group, proof in zip(self._fleet.groups, self._fleet.proofs, strict=True)
            if not proof.sets_watchdog
        ]

    def values(
        self, wires: Wires, ages: np.ndarray, missed: np.ndarray
    ) -> Mapping[str, float | str]:
        """Return what a reader wants to see, by name."""
        temperatures = self._fleet.temperatures
        oldest = int(np.argmax(ages))
        hottest = "" if np.isnan(temperatures).all() else self._hottest(temperatures)
        return {
            **{
                f"bus_{name}": _told(health, self._loads[name])
                for name, health in zip(wires.names, wires.healths, strict=True)
            },
            "oldest_reply": f"{self._joints[oldest]} {1e3 * ages[oldest]:.1f} ms",
            "replies_missed": float(missed.sum()),
            "frames_malformed": float(self._fleet.malformed),
            "drives_dropped": float(self._dropped.sum()),
            "hottest_drive": hottest,
        }

    def complaints(self, wires: Wires, lost: np.ndarray, dropped: np.ndarray) -> list[str]:
        """Return what is wrong now, one line each."""
        lines = list(wires.troubles.values())
        for joint in np.flatnonzero(lost).tolist():
            lines.append(f"{self._joints[joint]}: its drive is silent")
        for joint in np.flatnonzero(self._fleet.faulty).tolist():
            lines.append(f"{self._joints[joint]}: {', '.join(self._fleet.troubles(int(joint)))}")
        for joint in np.flatnonzero(dropped & ~self._fleet.faulty & ~lost).tolist():
            lines.append(f"{self._joints[joint]}: its drive dropped out")
        hot = self._fleet.temperatures > self._settings.hot_c
        for joint in np.flatnonzero(hot).tolist():
            lines.append(f"{self._joints[joint]}: {self._fleet.temperatures[joint]:.0f} C")
        return lines

    def _hottest(self, temperatures: np.ndarray) -> str:
        joint = int(np.nanargmax(temperatures))
        return f"{self._joints[joint]} {temperatures[joint]:.0f} C"


def _told(health: BusHealth, load: float) -> str:
    state = health.state.name.lower()
    return (
        f"{state}, planned load {load:.0%}, {health.lost} lost, {health.errors} errors, "
        f"{health.restarts} restarts"
    )
