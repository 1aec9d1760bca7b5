# SPDX-License-Identifier: Apache-2.0
"""Builds the groups of drives that a wiring describes, and checks the load of each bus."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from talus_core.errors import TalusError

from talus_can.codec.drives import Drives
from talus_can.codec.family import ControlMode, Family
from talus_can.codec.registry import make_family
from talus_can.config import CanConfigError
from talus_can.fleet.group import DriveGroup
from talus_can.fleet.joint_scale import JointScale
from talus_can.load import (
    MOST_BUS_LOAD,
    BusPlan,
    OverloadedBusError,
    bus_load,
    check_plan,
)
from talus_can.wiring import NOT_SET, BusRow, DriveRow, Wiring

# Modes in which a command's stiffness and damping can be kept; a drive that holds positions by
# itself is stiff even when it shall give way.
_MODES = (ControlMode.IMPEDANCE, ControlMode.EFFORT)


def build_groups(
    wiring: Wiring, joints: tuple[str, ...], effort_limit: np.ndarray
) -> tuple[DriveGroup, ...]:
    """Return a group for each family and kind of its drives. Raises CanConfigError."""
    numbers = {name: number for number, name in enumerate(wiring.buses)}
    kinds: dict[tuple[Any, ...], list[str]] = {}
    for joint in joints:
        row = wiring.drives[joint]
        kinds.setdefault((row.family, row.mode, row.is_flexible, row.host_id), []).append(joint)
    groups = []
    for (name, mode, _, _), members in kinds.items():
        rows = [wiring.drives[joint] for joint in members]
        try:
            family = _family(name, mode, _drives(wiring, members, rows, numbers))
        except TalusError as error:
            raise CanConfigError(f"can: {error}") from error
        _check_kind_of_bus(wiring, family, members, rows)
        places = np.array([joints.index(joint) for joint in members])
        scale = JointScale(
            np.array([row.gear for row in rows]),
            np.array([row.sign for row in rows]),
            np.array([row.offset for row in rows]),
        )
        groups.append(DriveGroup(name, family, places, scale, effort_limit[places]))
    _refuse_twins(wiring)
    return tuple(groups)


def check_loads(wiring: Wiring, groups: Sequence[DriveGroup], period: float) -> dict[str, float]:
    """Return the planned load of each bus by name. Raises OverloadedBusError."""
    return {
        name: _load(name, number, bus, groups, 1.0 / period)
        for number, (name, bus) in enumerate(wiring.buses.items())
    }


def _load(
    name: str, number: int, bus: BusRow, groups: Sequence[DriveGroup], rate_hz: float
) -> float:
    plans = []
    for group in groups:
        count = int(np.count_nonzero(group.family.drives.bus == number))
        if count:
            family = group.family
            plans.append(
                BusPlan(
                    name, bus.rates, rate_hz, count, family.frames_of_a_drive, family.shared_frames
                )
            )
    if len(plans) == 1:
        return check_plan(plans[0])
    load = sum(bus_load(plan) for plan in plans)
    if load > MOST_BUS_LOAD:
        rate = math.floor(rate_hz * MOST_BUS_LOAD / load)
        raise OverloadedBusError(
            f"bus {name} would be busy for {load:.0%} of the time with "
            f"{sum(plan.drives for plan in plans)} drives at {rate_hz:g} Hz, and "
            f"{MOST_BUS_LOAD:.0%} is the most; {rate} Hz would work, or fewer drives on it"
        )
    return load


def _family(name: str, mode: str, drives: Drives) -> Family:
    """Return the codec in a mode, or in the family's usual one where that will do, else effort."""
    for item in _MODES:
        if item.name.lower() == mode:
            return make_family(name, drives, item)
    usual = make_family(name, drives)
    if usual.capabilities.mode in _MODES:
        return usual
    return make_family(name, drives, ControlMode.EFFORT)


def _drives(
    wiring: Wiring,
    joints: Sequence[str],
    rows: Sequence[DriveRow],
    numbers: Mapping[str, int],
) -> Drives:
    replies = [row.reply_id for row in rows]
    if any(reply != NOT_SET for reply in replies) and NOT_SET in replies:
        joint = joints[replies.index(NOT_SET)]
        raise CanConfigError(
            f"joint '{joint}' lacks reply_id, which other {rows[0].family} drives have; "
            "give all of them one, or none"
        )
    return Drives(
        joints=tuple(joints),
        bus=np.array([numbers[row.bus] for row in rows]),
        drive_id=np.array([row.id for row in rows]),
        models=tuple(wiring.models[joint] for joint in joints),
        reply_id=None if NOT_SET in replies else np.array(replies),
        host_id=None if rows[0].host_id == NOT_SET else rows[0].host_id,
        is_flexible=rows[0].is_flexible,
    )


def _check_kind_of_bus(
    wiring: Wiring, family: Family, joints: Sequence[str], rows: Sequence[DriveRow]
) -> None:
    """Raise CanConfigError for drives that speak CAN FD on a bus without it."""
    if not any(shape.is_flexible for shape in family.frames_of_a_drive):
        return
    for joint, row in zip(joints, rows, strict=True):
        if not wiring.buses[row.bus].is_flexible:
            raise CanConfigError(
                f"can: joint '{joint}': {row.family} speaks CAN FD, and bus {row.bus} has no "
                "data_rate; give it one, such as 5000000"
            )


def _refuse_twins(wiring: Wiring) -> None:
    """Raise CanConfigError for two drives of the same bus and identifier, whatever their family."""
    seen: dict[tuple[str, int], str] = {}
    for joint, row in wiring.drives.items():
        key = (row.bus, row.id)
        if key in seen:
            raise CanConfigError(
                f"can: joints '{seen[key]}' and '{joint}' have the same id {row.id} on bus "
                f"{row.bus}; give one of the drives another"
            )
        seen[key] = joint
