# SPDX-License-Identifier: Apache-2.0
"""Reads which buses a robot has and which drive moves each joint, for the driver and simulators."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from talus_core.driver import DriverError
from talus_core.errors import TalusError, unknown_name_message
from talus_core.parameters import ParameterError, build_config, flatten, parameter

from talus_can.codec.registry import family_names
from talus_can.load import BitRates
from talus_can.models import MotorModel, load_motor_models, with_overrides

RowT = TypeVar("RowT")
BUSES = "buses"
DRIVES = "drives"
_OVERRIDES = "overrides"
BUS_KINDS = ("socketcan", "unix", "python_can")
NOT_SET = -1  # of an identifier that its family chooses


class WiringError(DriverError):
    """Says which bus or drive of a wiring cannot be used, and what would work."""


@dataclass(frozen=True)
class BusRow:
    """Describes one bus."""

    kind: str = parameter("socketcan", "How frames reach the wire.", choices=BUS_KINDS)
    address: str = parameter(
        "", "Interface, path of the socket or channel of the adapter; empty: the bus's name."
    )
    adapter: str = parameter("", "With kind python_can: its name of the adapter, such as pcan.")
    bit_rate: float = parameter(1e6, "Nominal bit rate, bit/s; classic CAN ends at 1e6.", 1e4, 1e6)
    data_rate: float = parameter(
        0.0, "Faster bit rate of CAN FD's data, bit/s; 0: classic CAN alone.", 0.0, 8e6
    )
    restart_s: float = parameter(
        0.0,
        "Of a simulated bus: time after which the host's controller leaves bus-off; 0: when told.",
        0.0,
        10.0,
    )
    queue: int = parameter(
        1000, "Of a simulated bus: frames that wait to be sent (txqueuelen).", 1, 100_000
    )

    @property
    def is_flexible(self) -> bool:
        """Whether CAN FD goes over it."""
        return self.data_rate > 0.0

    @property
    def rates(self) -> BitRates:
        """Return its bit rates; both are equal without CAN FD."""
        return BitRates(self.bit_rate, self.data_rate or self.bit_rate)


@dataclass(frozen=True)
class DriveRow:
    """Describes the drive of one joint."""

    bus: str = parameter("", "Name of its bus.")
    id: int = parameter(0, "Its identifier on the bus.", 0, 0x7FF)
    family: str = parameter("", "Drive family.", choices=("", *family_names()))
    model: str = parameter("", "Motor model, as the family's table of models names it.")
    mode: str = parameter(
        "", "What it regulates; empty: what its family usually does, or effort.",
        choices=("", "impedance", "effort"),
    )  # fmt: skip
    reply_id: int = parameter(NOT_SET, "Identifier of its replies; -1: the family's usual.", -1)
    host_id: int = parameter(NOT_SET, "Identifier of the host; -1: the family's usual.", -1)
    is_flexible: bool = parameter(False, "Whether it is set to CAN FD, where a family has both.")
    gear: float = parameter(
        1.0, "Turns of the shaft that the drive reports in one turn of the joint.", 0.01, 1000.0
    )
    sign: int = parameter(1, "1, or -1 for a drive that turns against its joint.", -1, 1)
    offset: float = parameter(
        0.0, "Angle of the joint where the drive reports 0, rad.", -1000.0, 1000.0
    )
    watchdog_s: float = parameter(
        0.0,
        "Of a simulated drive: time without a command after which it gives up, as set by its "
        "maker's tool; 0: never.",
        0.0,
        10.0,
    )
    report_s: float = parameter(
        0.002,
        "Of a simulated drive: time between reports that nobody asks for, of families with such.",
        0.001,
        10.0,
    )


@dataclass(frozen=True)
class Wiring:
    """Holds all buses and drives of a robot.

    Attributes:
        buses: Each bus by its name; their places are their numbers.
        drives: Each drive by its joint.
        models: Motor model of each drive by its joint, with what the configuration overrides.
    """

    buses: Mapping[str, BusRow]
    drives: Mapping[str, DriveRow]
    models: Mapping[str, MotorModel]


def read_wiring(tree: Any, joints: Collection[str]) -> Wiring:
    """Return the wiring that a tree of `buses` and `drives` describes; other entries are left.

    Not every one of `joints` needs a drive. Raises WiringError.
    """
    if not isinstance(tree, Mapping):
        raise WiringError(f"there is no mapping; it needs the entries '{BUSES}' and '{DRIVES}'")
    buses = {name: _row(BusRow, f"{BUSES}.{name}", row) for name, row in _rows(tree, BUSES).items()}
    rows = _rows(tree, DRIVES)
    for joint in rows:
        if joint not in joints:
            raise WiringError(f"{DRIVES}: {unknown_name_message('joint', joint, joints)}")
    own_rows = {
        name: {k: v for k, v in row.items() if k != _OVERRIDES} for name, row in rows.items()
    }
    drives = {joint: _drive(f"{DRIVES}.{joint}", row, buses) for joint, row in own_rows.items()}
    known = load_motor_models()
    models = {}
    for joint, row in drives.items():
        overrides = rows[joint].get(_OVERRIDES, {})
        try:
            if not isinstance(overrides, Mapping):
                raise WiringError(f"{_OVERRIDES} is {overrides!r}; it must be a mapping")
            models[joint] = with_overrides(known.find(row.family, row.model), overrides)
        except TalusError as error:
            raise WiringError(f"{DRIVES}.{joint}: {error}") from error
    unused = set(buses) - {row.bus for row in drives.values()}
    if unused:
        raise WiringError(f"no drive is on bus {', '.join(sorted(unused))}; leave it out")
    return Wiring(buses, drives, models)


def _rows(tree: Mapping[Any, Any], section: str) -> dict[str, Mapping[str, Any]]:
    rows = tree.get(section)
    if not isinstance(rows, Mapping) or not rows:
        raise WiringError(f"entry '{section}' is {rows!r}; it needs at least one row")
    for name, row in rows.items():
        if not isinstance(row, Mapping):
            raise WiringError(f"{section}.{name} is {row!r}; it must be a mapping, such as {{}}")
    return {str(name): row for name, row in rows.items()}


def _row(kind: type[RowT], place: str, row: Mapping[str, Any]) -> RowT:
    values = flatten(row)
    if isinstance(values.get("model"), int):
        values["model"] = str(values["model"])  # YAML reads 4310 as a number
    try:
        return build_config(kind, values)
    except ParameterError as error:
        raise WiringError(f"{place}: {error}") from error


def _drive(place: str, raw: Mapping[str, Any], buses: Mapping[str, BusRow]) -> DriveRow:
    row = _row(DriveRow, place, raw)
    for key, value in (("bus", row.bus), ("family", row.family), ("model", row.model)):
        if not value:
            raise WiringError(f"{place}: {key} is missing")
    if row.bus not in buses:
        raise WiringError(f"{place}: {unknown_name_message('bus', row.bus, buses)}")
    if row.sign == 0:
        raise WiringError(f"{place}: sign is 0; 1 or -1 would do")
    if row.is_flexible and not buses[row.bus].is_flexible:
        raise WiringError(
            f"{place}: it is set to CAN FD, and bus {row.bus} has no data_rate; give it one, such "
            "as 5000000"
        )
    return row
