# SPDX-License-Identifier: Apache-2.0
"""Reads the driver's configuration from options by dotted name: wiring and settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from talus_core.driver import DriverError
from talus_core.errors import unknown_name_message
from talus_core.parameters import ParameterError, build_config, parameter

from talus_can.wiring import BUSES, DRIVES, Wiring, read_wiring


class CanConfigError(DriverError):
    """Says which entry of the configuration cannot be used, and what would work."""


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
    sign_check: bool = parameter(
        True,
        "Whether connect tries each joint of the legs with a small torque, where feet that feel "
        "bear the robot: its sign, its leg, its scale.",
    )


@dataclass(frozen=True)
class CanConfig:
    """Holds the whole configuration.

    Attributes:
        wiring: Buses and drives; each joint of the robot has one.
        settings: Everything else.
    """

    wiring: Wiring
    settings: CanSettings


def read_config(options: Mapping[str, Any], joints: tuple[str, ...]) -> CanConfig:
    """Return the configuration of a robot with these joints. Raises CanConfigError."""
    tree, rest = parted(options)
    try:
        settings = build_config(CanSettings, _settings(rest))
        if not tree[BUSES]:
            raise CanConfigError(
                f"no bus; entry '{BUSES}' needs one, such as {{can0: {{bit_rate: 1000000.0}}}}"
            )
        wiring = read_wiring(tree, joints)
        _check(wiring, settings, joints)
    except (ParameterError, DriverError) as error:
        raise CanConfigError(f"can: {error}") from error
    return CanConfig(wiring, settings)


def parted(options: Mapping[str, Any]) -> tuple[dict[str, dict[str, Any]], dict[str, Any]]:
    """Return the rows of buses and drives as a tree, and all other options as they are.

    Options are by dotted name, `section.row.key`; what a row overrides has a name of four parts.
    """
    tree: dict[str, dict[str, Any]] = {BUSES: {}, DRIVES: {}}
    rest = {}
    for name, value in options.items():
        section, _, path = name.partition(".")
        row, _, key = path.partition(".")
        if section in tree and key:
            place, _, inner = key.partition(".")
            values = tree[section].setdefault(row, {})
            if inner:
                values.setdefault(place, {})[inner] = value
            else:
                values[place] = value
        else:
            rest[name] = value
    return tree, rest


def _settings(rest: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what is no bus and no drive. Raises CanConfigError for a name of neither kind."""
    known = (*(field.name for field in fields(CanSettings)), BUSES, DRIVES)
    for name in rest:
        if name.partition(".")[0] not in known:
            raise CanConfigError(unknown_name_message("entry", name, known))
        if name.partition(".")[0] in (BUSES, DRIVES):
            raise CanConfigError(f"entry '{name}' is no row of settings, such as {{bus: can0}}")
    return rest


def _check(wiring: Wiring, settings: CanSettings, joints: Sequence[str]) -> None:
    missing = [joint for joint in joints if joint not in wiring.drives]
    if missing:
        raise CanConfigError(f"entry '{DRIVES}' has no drive for: {', '.join(missing)}")
    if not settings.hot_c < settings.too_hot_c:
        raise CanConfigError(
            f"hot_c is {settings.hot_c:g}; it must be below too_hot_c, {settings.too_hot_c:g}"
        )
