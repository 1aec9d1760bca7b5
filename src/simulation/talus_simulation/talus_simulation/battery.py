# SPDX-License-Identifier: Apache-2.0
"""Model the battery pack: voltage from charge, sag by internal resistance, energy used."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

from talus_core.driver import Battery
from talus_core.robot import RobotDescription, RobotDescriptionError

from talus_simulation.drives import read_robot_yaml

PACK_TEMPERATURE_C = 25.0  # degrees Celsius; the pack's heating is not modelled


@dataclass(frozen=True)
class PackData:
    """Holds the entry `battery` of robot.yaml.

    Attributes:
        full_voltage, empty_voltage: V, open circuit.
        energy: J when full.
        internal_resistance: ohm.
        computing_power: W of computers, cameras and radio, always on.
    """

    full_voltage: float
    empty_voltage: float
    energy: float
    internal_resistance: float
    computing_power: float


def read_pack(description: RobotDescription) -> PackData:
    """Read the pack's data from robot.yaml. Raises RobotDescriptionError."""
    try:
        raw = read_robot_yaml(description)["battery"]
        return PackData(
            full_voltage=float(raw["full_voltage"]),
            empty_voltage=float(raw["empty_voltage"]),
            energy=float(raw["energy"]) * 3.6e6,  # kW h
            internal_resistance=float(raw["internal_resistance"]),
            computing_power=float(raw["computing_power"]),
        )
    except KeyError as error:
        raise RobotDescriptionError(
            f"{description.folder / 'robot.yaml'}: battery: entry {error} is missing"
        ) from error


class Pack:
    """Gives power to the drives, their standby and the computers until it is empty.

    Attributes:
        sag: Share of the open-circuit voltage that is left: the lever of a brownout.
        voltage: V at the terminals.
    """

    def __init__(self, data: PackData, standby_power: float, charge_fraction: float = 1.0):
        """Begin at `charge_fraction`; `standby_power`: W of all drives together."""
        self._data = data
        self._constant_power = standby_power + data.computing_power
        self._energy = charge_fraction * data.energy
        self._start_energy = self._energy
        self._current = 0.0
        self.sag = 1.0
        self.voltage = self._open_voltage()

    @property
    def energy_used(self) -> float:
        """Energy taken from the cells since the start, their own losses included, J."""
        return self._start_energy - self._energy

    def drain(self, motor_power: float, dt: float) -> None:
        """Let `dt` s pass under `motor_power`, W.

        Braking motors feed the others and the computers; what is left over is burnt, not stored.
        """
        power = max(0.0, motor_power + self._constant_power)
        open_voltage = self._open_voltage()
        resistance = self._data.internal_resistance
        # Terminal power P = (U - I R) I; the smaller root. The pack cannot give more than U^2 / 4R.
        root = sqrt(max(0.0, open_voltage**2 - 4.0 * resistance * power))
        self._current = (open_voltage - root) / (2.0 * resistance)
        self.voltage = open_voltage - self._current * resistance
        self._energy = max(0.0, self._energy - open_voltage * self._current * dt)

    def set_charge(self, fraction: float) -> None:
        """Set the charge to `fraction`, 0 to 1; what was used so far stays used."""
        used = self.energy_used
        self._energy = fraction * self._data.energy
        self._start_energy = self._energy + used

    def report(self) -> Battery:
        """Return the pack's state as a driver gives it."""
        return Battery(
            voltage=self.voltage,
            current=-self._current,
            energy=self._energy,
            capacity=self._data.energy,
            temperature=PACK_TEMPERATURE_C,
        )

    def _open_voltage(self) -> float:
        """Return the voltage without load, V: linear in the charge.

        That is right within 3 % for these cells between 10 and 100 %.
        """
        fraction = self._energy / self._data.energy
        voltage = self._data.empty_voltage + fraction * (
            self._data.full_voltage - self._data.empty_voltage
        )
        return self.sag * voltage
