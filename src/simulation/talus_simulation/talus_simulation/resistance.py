# SPDX-License-Identifier: Apache-2.0
"""Tell what resists the joints: bearings always, brakes without torque, locks where one failed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from talus_simulation.drives import DriveBank, DriveTable
from talus_simulation.faults.drives import LOCK_FRICTION_NM, DriveFaults


@dataclass(frozen=True)
class Resistance:
    """Holds what resists the motion of all joints, each (n,).

    Attributes:
        damping: Viscous, N m s/rad.
        friction: Dry, N m.
    """

    damping: np.ndarray
    friction: np.ndarray


class JointResistance:
    """Follows torque, cut drives and locks.

    Attributes:
        any_locked: Whether a joint is locked now.
        is_fixed: (n,) joints that are locked or propped now.
        free: Of the bearings alone.
        now: What resists now, by the last `update`.
    """

    def __init__(
        self,
        bearings: Resistance,
        table: DriveTable,
        bank: DriveBank,
        faults: DriveFaults,
        needs_props: bool = False,
    ):
        """Begin with the bearings.

        `needs_props`: the robot rests in no pose without torque, so that, as on the stand in its
        workshop, its joints are propped until torque comes.
        """
        self._table = table
        self._bank = bank
        self._faults = faults
        self._needs_props = needs_props
        self._is_propped = needs_props
        self._is_enabled = True
        self._is_cut = bank.is_cut
        self._locked = faults.locked
        self.any_locked = False
        self.is_fixed = faults.locked
        self.set_bearings(bearings)

    def set_bearings(self, bearings: Resistance) -> None:
        """Take other bearings; the brakes of drives without torque come on top."""
        self.free = bearings
        self._braked = Resistance(
            bearings.damping + self._table.brake_damping,
            bearings.friction + self._table.holding_brake,
        )
        self.now = bearings

    @property
    def is_outdated(self) -> bool:
        """Whether torque, cut drives or locks changed since the last `update`."""
        bank = self._bank
        is_same = bank.is_enabled is self._is_enabled and bank.is_cut is self._is_cut
        return not is_same or self._faults.locked is not self._locked

    def update(self) -> None:
        """Look at what has torque, what is cut and what is locked."""
        self._is_enabled = self._bank.is_enabled
        self._is_cut = self._bank.is_cut
        self._locked = self._faults.locked
        self.any_locked = bool(self._locked.any())
        self._is_propped = self._is_propped and not self._is_enabled
        self.is_fixed = self._locked | self._is_propped
        braked = self._is_cut | (not self._is_enabled)
        friction = np.where(braked, self._braked.friction, self.free.friction)
        self.now = Resistance(
            np.where(braked, self._braked.damping, self.free.damping),
            np.where(self.is_fixed, LOCK_FRICTION_NM, friction),
        )

    def prop(self) -> None:
        """Prop the joints again, where the robot needs it: it was put down anew."""
        self._is_propped = self._needs_props
