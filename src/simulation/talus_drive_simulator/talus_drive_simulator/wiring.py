# SPDX-License-Identifier: Apache-2.0
"""Reads which drives a robot has on which buses: the same entries as in the driver's YAML file.

A file of the driver `can` can be used as it is; what only the driver needs is left to it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from talus_can.load import BitRates
from talus_can.models import MotorModels, load_motor_models, with_overrides
from talus_core.errors import TalusError, UnknownNameError, unknown_name_message
from talus_core.files.data_files import ContentError, yaml_tree
from talus_core.parameters import ParameterError, build_config, flatten, parameter

from talus_drive_simulator.firmware.drive import DriveSpec
from talus_drive_simulator.firmware.registry import FIRMWARES

_NOT_SET = -1
_BUS_KEYS_OF_THE_DRIVER = ("kind", "address", "adapter")
_DRIVE_KEYS_OF_THE_DRIVER = ("mode", "host_id")
_OVERRIDES = "overrides"


class WiringError(TalusError):
    """Says which entry of a wiring cannot be used, and what would work."""


@dataclass(frozen=True)
class WireRow:
    """Describes one bus."""

    bit_rate: float = parameter(1e6, "Nominal bit rate, bit/s.", 1e4, 1e6)
    data_rate: float = parameter(
        0.0, "Faster bit rate of CAN FD's data, bit/s; 0: the nominal one.", 0.0, 8e6
    )
    restart_s: float = parameter(
        0.0, "Time after which the host's controller leaves bus-off; 0: when told.", 0.0, 10.0
    )
    queue: int = parameter(
        1000, "Frames that wait to be sent (txqueuelen; Linux itself has 10).", 1, 100_000
    )

    @property
    def rates(self) -> BitRates:
        """Return its bit rates."""
        return BitRates(self.bit_rate, self.data_rate or self.bit_rate)


@dataclass(frozen=True)
class WiredRow:
    """Describes the drive of one joint."""

    bus: str = parameter("", "Name of its bus.")
    id: int = parameter(0, "Its identifier on the bus.", 0, 0x7FF)
    family: str = parameter("", "Drive family.", choices=("", *FIRMWARES))
    model: str = parameter("", "Motor model, as the family's table of models names it.")
    reply_id: int = parameter(_NOT_SET, "Identifier of its replies; -1: the usual.", -1, 0x7FE)
    is_flexible: bool = parameter(False, "Whether it is set to CAN FD, where a family has both.")
    gear: float = parameter(
        1.0, "Turns of the shaft that it reports in one turn of the joint.", 0.01, 1000.0
    )
    sign: int = parameter(1, "1, or -1 for a drive that turns against its joint.", -1, 1)
    offset: float = parameter(0.0, "Angle of the joint where it reports 0, rad.", -1000.0, 1000.0)
    watchdog_s: float = parameter(
        0.0, "Time without a command after which it gives up, as set by its maker's tool.", 0.0, 10
    )
    report_s: float = parameter(
        0.002, "Time between reports that nobody asks for, of families with such.", 0.001, 10.0
    )


@dataclass(frozen=True)
class WiredDrive:
    """Holds one drive as it is built in.

    Attributes:
        joint: Name of the joint that it moves.
        row: Its entry of the file.
        spec: How its firmware is set up.
    """

    joint: str
    row: WiredRow
    spec: DriveSpec

    @property
    def ratio(self) -> float:
        """Return the turns of the shaft in one turn of the joint, negative where it turns back."""
        return self.row.sign * self.row.gear


@dataclass(frozen=True)
class Wiring:
    """Holds all buses and drives of a robot.

    Attributes:
        buses: The buses by their names.
        drives: The drives, in the order of the file.
    """

    buses: Mapping[str, WireRow]
    drives: Sequence[WiredDrive]


def read_wiring(file: Path, joints: Collection[str]) -> Wiring:
    """Return the wiring of a file for a robot with these joints.

    Raises WiringError, which names the file and the entry.
    """
    try:
        return wiring_of(yaml_tree(file.read_bytes()), joints)
    except OSError as error:
        raise WiringError(f"wiring {file}: {error.strerror or error}") from error
    except (ContentError, WiringError) as error:
        raise WiringError(f"wiring {file}: {error}") from error


def wiring_of(tree: Any, joints: Collection[str]) -> Wiring:
    """Return the wiring that a tree of `buses` and `drives` describes. Raises WiringError."""
    if not isinstance(tree, Mapping):
        raise WiringError("there is no mapping; it needs the entries 'buses' and 'drives'")
    models = load_motor_models()
    buses = {
        name: _row(WireRow, f"buses.{name}", row, _BUS_KEYS_OF_THE_DRIVER)
        for name, row in _rows(tree, "buses").items()
    }
    for name in buses:
        if "/" in name or name == "control":
            raise WiringError(f"buses: '{name}' is no name for a socket; such as can0 would do")
    drives = []
    for joint, row in _rows(tree, "drives").items():
        if joint not in joints:
            raise WiringError(f"drives: {unknown_name_message('joint', joint, joints)}")
        drives.append(_drive(joint, row, buses, models))
    return Wiring(buses, drives)


def _rows(tree: Mapping[Any, Any], section: str) -> dict[str, Mapping[str, Any]]:
    rows = tree.get(section)
    if not isinstance(rows, Mapping) or not rows:
        raise WiringError(f"entry '{section}' is {rows!r}; it needs at least one row")
    for name, row in rows.items():
        if not isinstance(row, Mapping):
            raise WiringError(f"{section}.{name} is {row!r}; it must be a mapping, such as {{}}")
    return {str(name): row for name, row in rows.items()}


def _row(kind: type, place: str, row: Mapping[str, Any], left_out: Sequence[str]) -> Any:
    values = {name: value for name, value in flatten(row).items() if name not in left_out}
    try:
        return build_config(kind, values)
    except ParameterError as error:
        raise WiringError(f"{place}: {error}") from error


def _drive(
    joint: str, raw: Mapping[str, Any], buses: Mapping[str, WireRow], models: MotorModels
) -> WiredDrive:
    place = f"drives.{joint}"
    values = dict(raw)
    overrides = values.pop(_OVERRIDES, {})
    if isinstance(values.get("model"), int):
        values["model"] = str(values["model"])  # YAML reads 4310 as a number
    row: WiredRow = _row(WiredRow, place, values, _DRIVE_KEYS_OF_THE_DRIVER)
    for key, value in (("bus", row.bus), ("family", row.family), ("model", row.model)):
        if not value:
            raise WiringError(f"{place}: {key} is missing")
    if row.sign == 0:
        raise WiringError(f"{place}: sign is 0; 1 or -1 would do")
    try:
        if row.bus not in buses:
            raise UnknownNameError("bus", row.bus, buses)
        if not isinstance(overrides, Mapping):
            raise WiringError(f"{_OVERRIDES} is {overrides!r}; it must be a mapping")
        model = with_overrides(models.find(row.family, row.model), overrides)
    except TalusError as error:
        raise WiringError(f"{place}: {error}") from error
    spec = DriveSpec(
        drive_id=row.id,
        model=model,
        reply_id=None if row.reply_id == _NOT_SET else row.reply_id,
        is_flexible=row.is_flexible,
        watchdog_s=row.watchdog_s,
        report_s=row.report_s,
    )
    return WiredDrive(joint, row, spec)
