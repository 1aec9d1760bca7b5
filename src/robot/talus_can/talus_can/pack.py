# SPDX-License-Identifier: Apache-2.0
"""Tells the battery pack's state from the voltage at the drives, as long as no pack reports it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from talus_core.driver import Battery
from talus_core.robot import RobotDescription, RobotDescriptionError, read_robot_file

_JOULES_PER_KWH = 3.6e6
_UNKNOWN_TEMPERATURE_C = 25.0  # nothing on the bus tells it


@dataclass(frozen=True)
class VoltagePack:
    """Holds the voltages of a full and an empty pack, V, and its energy when full, J."""

    full_voltage: float
    empty_voltage: float
    energy: float

    def at(self, voltage: float) -> Battery:
        """Return the state at a voltage, V; that of a full pack for what is no number.

        The charge is linear in the voltage, and the current is not known: 0.
        """
        seen = self.full_voltage if math.isnan(voltage) else voltage
        share = (seen - self.empty_voltage) / (self.full_voltage - self.empty_voltage)
        left = self.energy * min(max(share, 1e-3), 1.0)
        return Battery(seen, 0.0, left, self.energy, _UNKNOWN_TEMPERATURE_C)


def read_voltage_pack(robot: RobotDescription) -> VoltagePack:
    """Return the pack of a robot. Raises RobotDescriptionError for what robot.yaml lacks."""
    path = robot.folder / "robot.yaml"
    try:
        raw = read_robot_file(robot.folder)["battery"]
        full, empty, energy = (
            float(raw[key]) for key in ("full_voltage", "empty_voltage", "energy")
        )
    except KeyError as error:
        raise RobotDescriptionError(f"{path}: battery: entry {error} is missing") from error
    except (TypeError, ValueError) as error:
        raise RobotDescriptionError(f"{path}: battery: {error}") from error
    if not full > empty > 0.0 or not energy > 0.0:
        raise RobotDescriptionError(
            f"{path}: battery: full_voltage {full:g} must be above empty_voltage {empty:g}, and "
            "both and energy above 0"
        )
    return VoltagePack(full, empty, energy * _JOULES_PER_KWH)
