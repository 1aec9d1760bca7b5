# SPDX-License-Identifier: Apache-2.0
"""Reads which buses a robot has and which drive moves each joint, from options by dotted name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any, TypeVar

from talus_core.driver import DriverError
from talus_core.errors import unknown_name_message
from talus_core.parameters import ParameterError, build_config, parameter

from talus_can.codec.registry import family_names
from talus_can.load import BitRates

RowT = TypeVar("RowT")
_BUSES = "buses"
_DRIVES = "drives"
_OVERRIDES = "overrides"
BUS_KINDS = ("socketcan", "unix", "python_can")
NOT_SET = -1  # of an identifier that its family chooses


class CanConfigError(DriverError):
    """Says which entry of the configuration cannot be used, and what would work."""


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


@dataclass(frozen=True)
class CanSettings:
    """Says how the driver minds buses and drives."""

    sensors: str = parameter(
        "absent",
        "IMU and foot sensors: `absent` (not a number), `still` (a bench that stands level) or "
        "`module:factory` of a plug-in.",
    )
    watchdog_s: float = parameter(
        0.05,
        "Time without a command after which a drive gives up: five of the longest control period, "
        "10 ms.",
        0.01,
        1.0,
    )
    silent_s: float = parameter(
        0.05,
        "Age of its last report at which a joint counts as lost: then its drive's watchdog has "
        "run out too.",
        0.01,
        1.0,
    )
    answer_s: float = parameter(
        0.5, "Time that drives have to answer at connect: boot-up of a slow one.", 0.01, 30.0
    )
    enable_s: float = parameter(
        0.5, "Time that a drive has to switch torque on, its own calibration included.", 0.01, 10.0
    )
    hot_c: float = parameter(
        80.0, "Temperature above which a drive counts as weaker: 20 K before `too_hot_c`.", 0.0, 200
    )
    too_hot_c: float = parameter(
        100.0, "Temperature at which it counts as without torque: where Damiao drives trip.", 0, 200
    )
    bus_restarts: int = parameter(
        5, "Restarts in a row of a bus that is off: one that needs more is broken.", 0, 1000
    )
    range_margin: float = parameter(
        0.1, "How far beyond its range a joint may stand at connect: stops give way.", 0.0, 10.0
    )


@dataclass(frozen=True)
class CanConfig:
    """Holds the whole configuration.

    Attributes:
        buses: Each bus by its name; their places are their numbers.
        drives: Each drive by its joint.
        overrides: Numbers of the motor's model that are otherwise, by joint.
        settings: Everything else.
    """

    buses: Mapping[str, BusRow]
    drives: Mapping[str, DriveRow]
    overrides: Mapping[str, Mapping[str, Any]]
    settings: CanSettings


def read_config(options: Mapping[str, Any], joints: tuple[str, ...]) -> CanConfig:
    """Return the configuration of a robot with these joints. Raises CanConfigError."""
    trees: dict[str, dict[str, dict[str, Any]]] = {_BUSES: {}, _DRIVES: {}}
    rest = {}
    for name, value in options.items():
        section, _, path = name.partition(".")
        row, _, key = path.partition(".")
        if section in trees and key:
            trees[section].setdefault(row, {})[key] = value
        else:
            rest[name] = value
    try:
        settings = build_config(CanSettings, _settings(rest))
    except ParameterError as error:
        raise CanConfigError(f"can: {error}") from error
    buses = {name: _row(BusRow, f"{_BUSES}.{name}", row) for name, row in trees[_BUSES].items()}
    overrides = {joint: _taken_out(row, _OVERRIDES) for joint, row in trees[_DRIVES].items()}
    drives = {
        joint: _row(DriveRow, f"{_DRIVES}.{joint}", row) for joint, row in trees[_DRIVES].items()
    }
    config = CanConfig(buses, drives, overrides, settings)
    _check(config, joints)
    return config


def _settings(rest: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what is no bus and no drive. Raises CanConfigError for a name of neither kind."""
    known = (*(field.name for field in fields(CanSettings)), _BUSES, _DRIVES)
    for name in rest:
        if name.partition(".")[0] not in known:
            raise CanConfigError(f"can: {unknown_name_message('entry', name, known)}")
        if name.partition(".")[0] in (_BUSES, _DRIVES):
            raise CanConfigError(
                f"can: entry '{name}' is no row of settings, such as {{bus: can0}}"
            )
    return rest


def _taken_out(row: dict[str, Any], section: str) -> dict[str, Any]:
    """Return the entries below a section of a row, and leave the others in it."""
    names = [name for name in row if name.startswith(f"{section}.")]
    return {name.partition(".")[2]: row.pop(name) for name in names}


def _row(kind: type[RowT], place: str, row: Mapping[str, Any]) -> RowT:
    values = dict(row)
    if isinstance(values.get("model"), int):
        values["model"] = str(values["model"])  # YAML reads 4310 as a number
    try:
        return build_config(kind, values)
    except ParameterError as error:
        raise CanConfigError(f"can: {place}: {error}") from error


def _check(config: CanConfig, joints: Iterable[str]) -> None:
    joints = tuple(joints)
    if not config.buses:
        raise CanConfigError("can: no bus; entry 'buses' needs one, such as {can0: {}}")
    for joint in config.drives:
        if joint not in joints:
            raise CanConfigError(f"can: drives: {unknown_name_message('joint', joint, joints)}")
    missing = [joint for joint in joints if joint not in config.drives]
    if missing:
        raise CanConfigError(f"can: entry 'drives' has no drive for: {', '.join(missing)}")
    for joint, row in config.drives.items():
        _check_drive(config, joint, row)
    if not config.settings.hot_c < config.settings.too_hot_c:
        raise CanConfigError(
            f"can: hot_c is {config.settings.hot_c:g}; it must be below too_hot_c, "
            f"{config.settings.too_hot_c:g}"
        )
    unused = set(config.buses) - {row.bus for row in config.drives.values()}
    if unused:
        raise CanConfigError(f"can: no drive is on bus {', '.join(sorted(unused))}; leave it out")


def _check_drive(config: CanConfig, joint: str, row: DriveRow) -> None:
    place = f"can: {_DRIVES}.{joint}"
    for key in ("bus", "family", "model"):
        if not getattr(row, key):
            raise CanConfigError(f"{place}: {key} is missing")
    if row.bus not in config.buses:
        raise CanConfigError(f"{place}: {unknown_name_message('bus', row.bus, config.buses)}")
    if row.sign == 0:
        raise CanConfigError(f"{place}: sign is 0; 1 or -1 would do")
    if row.is_flexible and not config.buses[row.bus].is_flexible:
        raise CanConfigError(
            f"{place}: it is set to CAN FD, and bus {row.bus} has no data_rate; give it one, such "
            "as 5000000"
        )
