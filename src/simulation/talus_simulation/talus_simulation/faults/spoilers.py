# SPDX-License-Identifier: Apache-2.0
"""Spoil one message of a channel: what garbage, wrong and nan make of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace

import numpy as np
from talus_core.state import JointCommand, RobotState
from talus_core.words.stop_levels import StopLevel
from talus_safety.kernel.decide.gate.permit import TorquePermit

from talus_simulation.faults.channels import Spoil

GARBAGE_BASE = (
    1e6  # garbage floats are spread evenly over so many decades either way: denormal to huge
)


def _arrays(message: JointCommand | RobotState) -> list[str]:
    return [
        item.name for item in fields(message) if isinstance(getattr(message, item.name), np.ndarray)
    ]


def _garbage(message, random: np.random.Generator):
    """Draw every float anew: finite, of any size."""

    def fill(array: np.ndarray) -> np.ndarray:
        return random.choice((-1.0, 1.0), array.shape) * GARBAGE_BASE ** random.uniform(
            -1.0, 1.0, array.shape
        )

    return replace(message, **{name: fill(getattr(message, name)) for name in _arrays(message)})


def _nan(message, random: np.random.Generator):
    """Make one value of one field a not-a-number or an infinity."""
    name = random.choice(_arrays(message))
    array = getattr(message, name).copy()
    array.flat[random.integers(array.size)] = random.choice((np.nan, np.inf, -np.inf))
    return replace(message, **{name: array})


def _shifted(message, random: np.random.Generator):
    """Shift all joint arrays by one place."""
    joints = [
        name for name in _arrays(message) if name in ("position", "velocity", "effort", "kp", "kd")
    ]
    return replace(message, **{name: np.roll(getattr(message, name), 1) for name in joints})


def _any_permit(permit: TorquePermit, random: np.random.Generator) -> TorquePermit:
    level = StopLevel(random.choice([int(level) for level in StopLevel]))
    armed, permitted = (bool(random.integers(2)) for _ in range(2))
    return TorquePermit(level, armed, permitted, int(random.integers(2**63)))


def _permissive(permit: TorquePermit, random: np.random.Generator) -> TorquePermit:
    return TorquePermit(StopLevel.R0_RUN, True, True, permit.sequence)


SPOILERS: Mapping[str, Mapping[str, Spoil]] = {
    "command": {"garbage": _garbage, "wrong": _shifted, "nan": _nan},
    "state": {"garbage": _garbage, "wrong": _shifted, "nan": _nan},
    "permit": {"garbage": _any_permit, "wrong": _permissive},
}
