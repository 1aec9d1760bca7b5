# SPDX-License-Identifier: Apache-2.0
"""Defines what IMU and foot sensors are to the driver, and stands in for those that are absent."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from talus_core.driver import DriverError
from talus_core.errors import UnknownNameError
from talus_core.physics import GRAVITY_MPS2
from talus_core.robot import RobotDescription


@dataclass(frozen=True)
class BodySample:
    """Holds what is sensed beside the joints, in the frames of `RobotState`.

    Attributes:
        angular_velocity: (3,) gyroscope, rad/s.
        linear_acceleration: (3,) specific force, m/s^2.
        foot_wrenches: (2, 6) of the ground on the left and the right foot, N and N m.
    """

    angular_velocity: np.ndarray
    linear_acceleration: np.ndarray
    foot_wrenches: np.ndarray


class BodySensors(Protocol):
    """Reads an IMU and two foot sensors; a plug-in is called with the `RobotDescription`."""

    def open(self) -> None:
        """Take the sensors. Raises DriverError, which names port and cause."""

    def read(self, now_ns: int) -> BodySample:
        """Return the newest sample without waiting; not a number where there is none."""

    def close(self) -> None:
        """Let go of them; may be called twice, and never raises."""


class AbsentSensors:
    """Reports nothing: the gate gives no torque to a robot without senses.

    Attributes:
        what: What it reports, in words.
    """

    what = "not a number: the sensors are `absent`"

    def open(self) -> None:
        """Take nothing at all."""

    def read(self, now_ns: int) -> BodySample:
        """Return what is no number."""
        return BodySample(np.full(3, np.nan), np.full(3, np.nan), np.full((2, 6), np.nan))

    def close(self) -> None:
        """Let go of nothing."""


class StillSensors(AbsentSensors):
    """Imagines a body that stands level and bears nothing: for drives on a bench, never a robot."""

    what = "imagined: the sensors are `still`"

    def read(self, now_ns: int) -> BodySample:
        """Return gravity alone."""
        return BodySample(np.zeros(3), np.array([0.0, 0.0, GRAVITY_MPS2]), np.zeros((2, 6)))


_BUILT_IN = {"absent": AbsentSensors, "still": StillSensors}


def make_sensors(name: str, robot: RobotDescription) -> BodySensors:
    """Return the sensors of a built-in name, or of `module:factory`. Raises DriverError."""
    module, colon, factory = name.partition(":")
    if not colon:
        if name not in _BUILT_IN:
            raise UnknownNameError("sensors", name, (*_BUILT_IN, "module:factory"))
        return _BUILT_IN[name]()
    try:
        made: BodySensors = getattr(importlib.import_module(module), factory)(robot)
    except (ImportError, AttributeError) as error:
        raise DriverError(f"can: sensors '{name}' cannot be imported: {error}") from error
    return made
