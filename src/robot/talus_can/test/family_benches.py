# SPDX-License-Identifier: Apache-2.0
"""Every drive family in every mode, with drives on two buses, for the tests of this package."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from talus_can.codec.drives import Drives
from talus_can.codec.family import ControlMode, Family, UnsupportedError
from talus_can.codec.feedback import Feedback
from talus_can.codec.registry import family_names, make_family
from talus_can.codec.targets import Targets
from talus_can.models import MotorModel, load_motor_models

MODELS = load_motor_models()
ON_A_BUS = 5
BUSES = 2


@dataclass(frozen=True)
class FamilyBench:
    """One family with ten drives, and what was heard of them."""

    name: str
    family: Family
    feedback: Feedback

    @property
    def count(self) -> int:
        return len(self.family.drives)


def drives_of(models: list[MotorModel], first_id: int = 1) -> Drives:
    """Ten drives, the models in turn, ids from `first_id` on each of two buses."""
    count = ON_A_BUS * BUSES
    return Drives(
        tuple(f"joint_{place}" for place in range(count)),
        np.repeat(np.arange(BUSES), ON_A_BUS),
        np.tile(np.arange(first_id, first_id + ON_A_BUS), BUSES),
        tuple(models[place % len(models)] for place in range(count)),
    )


def bench(name: str, mode: ControlMode | None = None) -> FamilyBench:
    family = make_family(name, drives_of(list(MODELS.of_family(name))), mode)
    return FamilyBench(name, family, Feedback.unheard(ON_A_BUS * BUSES))


def all_modes() -> list[tuple[str, ControlMode]]:
    found = []
    for name in family_names():
        for mode in ControlMode:
            try:
                bench(name, mode)
            except UnsupportedError:
                continue
            found.append((name, mode))
    return found


MODES = all_modes()
MODE_NAMES = [f"{name}-{mode.name.lower()}" for name, mode in MODES]


def ends_of(family: Family) -> np.ndarray:
    """The most of each quantity, (5, n), as the models say it; gains of 1 where they have none."""
    drives = family.drives
    rows = [
        [vars(model)[name] for model in drives.models]
        for name in ("position", "velocity", "kp", "kd", "effort")
    ]
    return np.nan_to_num(np.array(rows), nan=1.0)


def targets_within(family: Family, rng: np.random.Generator, share: float = 1.0) -> Targets:
    """Random targets within the ranges of every drive; kd's share below kp's, as moteus wants."""
    ends = ends_of(family) * share
    values = rng.uniform(-ends, ends)
    share_of_gains = np.sort(rng.uniform(0, 1, (2, len(family.drives))), axis=0)[::-1]
    values[2:4] = ends[2:4] * share_of_gains
    return Targets(values)


TURN = 2 * np.pi
_FLOAT_STEP = 2.0**-23  # of a value of 32 bits, at most
_FIELD_BITS = {
    "damiao": (16, 12, 12, 12, 12),
    "cubemars_mit": (16, 12, 12, 12, 12),
    "cubemars_servo": (16, 12, 12, 12, 12),
    "robstride": (16,) * 5,
    "cybergear": (16,) * 5,
}


def steps_of(name: str, family: Family) -> np.ndarray:
    """One step of each quantity on the bus, (5, n), by the makers' documents; NaN if not sent."""
    ends, mode = ends_of(family), family.capabilities.mode
    constants = {
        key: np.array([vars(model)[key] for model in family.drives.models])
        for key in (
            "electrical_ratio",
            "torque_constant",
            "rated_torque",
            "counts_per_turn",
            "steps_per_degree",
        )
    }
    none = np.full(len(family.drives), np.nan)
    if name == "moteus":
        position, velocity, torque = (
            np.full(len(none), step) for step in (1e-4 * TURN, 2.5e-4 * TURN, 0.01)
        )
        rows = [position, velocity, ends[2] / 32767, ends[3] / 32767, torque]
    elif name == "odrive":
        is_position = mode is ControlMode.POSITION
        side = [np.full(len(none), 1e-3 * TURN), np.full(len(none), 1e-3)]
        floats = [ends[1] * _FLOAT_STEP, ends[4] * _FLOAT_STEP]
        velocity, effort = side if is_position else floats
        rows = [ends[0] * _FLOAT_STEP, velocity, none, none, effort]
    elif name == "cia402":
        count = TURN / constants["counts_per_turn"]
        rows = [count, count, none, none, constants["rated_torque"] / 1000]
    elif mode is ControlMode.IMPEDANCE:
        spans = ends * np.array([2, 2, 1, 1, 2])[:, None]
        return spans / (2.0 ** np.array(_FIELD_BITS[name]) - 1)[:, None]
    else:
        rows = [
            TURN / 360 / constants["steps_per_degree"],
            TURN / 60 / constants["electrical_ratio"],
            none,
            none,
            constants["torque_constant"] / 1000,
        ]
    return np.array(rows)


def rounds_down(name: str, mode: ControlMode) -> bool:
    """Whether a family's fields are unsigned, which round down; others to the nearest."""
    return name in _FIELD_BITS and mode is ControlMode.IMPEDANCE
