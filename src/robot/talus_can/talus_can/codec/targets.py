# SPDX-License-Identifier: Apache-2.0
"""Holds what the joints of a family shall do in one tick, as one array, and refuses nonsense."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from talus_core.errors import TalusError


class CommandError(TalusError):
    """Says which joint's command cannot be sent, and what could."""


class Quantity(IntEnum):
    """Names the rows of `Targets`, in the order in which most drives send them."""

    POSITION = 0
    VELOCITY = 1
    KP = 2
    KD = 3
    EFFORT = 4


UNITS = ("rad", "rad/s", "N m/rad", "N m s/rad", "N m")


@dataclass(frozen=True, slots=True)
class Targets:
    """Holds targets of n drives: each applies effort + kp (position - q) + kd (velocity - dq).

    Attributes:
        values: (5, n) one row for each `Quantity`; NaN in `Family.meaning` where frames of the
            family do not carry it.
    """

    values: np.ndarray

    @staticmethod
    def of(
        position: np.ndarray,
        velocity: np.ndarray,
        effort: np.ndarray,
        kp: np.ndarray,
        kd: np.ndarray,
    ) -> Targets:
        """Return targets from arrays (n,): rad, rad/s, N m, N m/rad, N m s/rad."""
        return Targets(np.array([position, velocity, kp, kd, effort], float))

    @property
    def position(self) -> np.ndarray:
        """Return the position targets, (n,), rad."""
        return self.values[Quantity.POSITION]

    @property
    def velocity(self) -> np.ndarray:
        """Return the velocity targets, (n,), rad/s."""
        return self.values[Quantity.VELOCITY]

    @property
    def effort(self) -> np.ndarray:
        """Return the feed-forward torques, (n,), N m."""
        return self.values[Quantity.EFFORT]

    @property
    def kp(self) -> np.ndarray:
        """Return the stiffness, (n,), N m/rad."""
        return self.values[Quantity.KP]

    @property
    def kd(self) -> np.ndarray:
        """Return the damping, (n,), N m s/rad."""
        return self.values[Quantity.KD]


def checked_targets(targets: Targets, joints: Sequence[str]) -> np.ndarray:
    """Return the (5, n) values; raises CommandError for NaN, infinity or a wrong number of joints.

    Every quantity must be finite, also one that the family does not send: it says that whoever
    computed it is broken.
    """
    values = targets.values
    if values.shape != (len(Quantity), len(joints)):
        raise CommandError(
            f"the command has shape {values.shape}; {(len(Quantity), len(joints))} would do"
        )
    if not np.isfinite(values).all():
        row, joint = np.argwhere(~np.isfinite(values))[0]
        raise CommandError(
            f"joint '{joints[joint]}': {Quantity(row).name.lower()} is {values[row, joint]} "
            f"{UNITS[row]}; a command needs finite numbers"
        )
    return values
