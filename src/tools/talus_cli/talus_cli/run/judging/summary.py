# SPDX-License-Identifier: Apache-2.0
"""Sums up a run: the JSON file, the exit code and the last lines on the terminal."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

UNKNOWN_LEVEL_WORD = "unknown"


@dataclass(frozen=True)
class RunSummary:
    """Holds the keys of `--json`; the defaults are those of a run that did not begin.

    Attributes:
        fell: By the ground truth.
        faults: What latched, died or took too long, in words.
        distance_m: Straight and level from start to end, by the ground truth.
        odom_error_m: Between the displacements by odometry and by the ground truth.
        real_time_factor: Simulated over wall time, from arming to the end.
        energy_j: Taken from the battery.
        final_level: Of the stop ladder when the run was over; R3 after an ordinary stop, unknown
            before a supervisor spoke.
        rates_hz: Messages per simulated second, by topic.
        sim_seconds: Simulated time from arming to the end.
        torque_kept: The robot rests in no pose without torque, and was held to the end.
    """

    fell: bool = False
    faults: tuple[str, ...] = ()
    distance_m: float = 0.0
    odom_error_m: float = 0.0
    real_time_factor: float = 0.0
    energy_j: float = 0.0
    final_level: str = UNKNOWN_LEVEL_WORD
    rates_hz: Mapping[str, float] = field(default_factory=dict)
    sim_seconds: float = 0.0
    torque_kept: bool = False

    @property
    def exit_code(self) -> int:
        """0 only when nothing fell and no fault latched."""
        return int(self.fell or bool(self.faults))

    def write(self, file: Path) -> None:
        """Write the summary as JSON, numbers with 4 decimals."""
        file.write_text(json.dumps(_rounded(asdict(self)), indent=2) + "\n")

    def _outcome(self) -> str:
        if self.fell:
            return "fell"
        if self.faults:
            return "ended with faults"
        if not self.sim_seconds:
            return "ended before the robot was ready"
        return "sat down, torque kept" if self.torque_kept else "sat down, torque off"

    def lines(self) -> list[str]:
        """Return the lines for the terminal."""
        return [
            f"{self._outcome()}: {self.distance_m:.2f} m in {self.sim_seconds:.1f} simulated s "
            f"({self.real_time_factor:.2f} x real time), "
            f"odometry off by {self.odom_error_m:.3f} m, {self.energy_j / 1000.0:.1f} kJ",
            *(f"fault: {fault}" for fault in self.faults),
        ]


def _rounded(value: object) -> object:
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    return value
