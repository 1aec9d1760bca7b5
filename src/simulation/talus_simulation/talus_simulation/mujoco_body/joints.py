# SPDX-License-Identifier: Apache-2.0
"""Reach the joints of a MuJoCo scene in Talus's order: angles, torques, friction, locks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import mujoco
import numpy as np

from talus_simulation.drives import DriveBank, DriveTable
from talus_simulation.faults.drives import LOCK_FRICTION_NM, LOCK_STOP_TIME_S, DriveFaults


class JointAccess:
    """Reads angles and speeds of the joints and gives them torque.

    Attributes:
        qpos_at, dof_at: (n,) places in MuJoCo's generalised positions and velocities.
        position, velocity: (n,) rad, rad/s at the last `sample`; 0 before the first.
    """

    def __init__(self, model: mujoco.MjModel, data: mujoco.MjData, names: Sequence[str]):
        """Find the joints `names` and their actuators."""
        self.qpos_at = np.array([model.joint(name).qposadr[0] for name in names])
        self.dof_at = np.array([model.joint(name).dofadr[0] for name in names])
        self._actuator_at = np.array([model.actuator(name).id for name in names])
        self._qpos = data.qpos
        self._qvel = data.qvel
        self._ctrl = data.ctrl
        self.position = np.zeros(len(names))
        self.velocity = np.zeros(len(names))

    def sample(self) -> None:
        """Take angles and speeds as they are now."""
        self.position = self._qpos[self.qpos_at]
        self.velocity = self._qvel[self.dof_at]

    def drive(self, effort: np.ndarray) -> None:
        """Give the joints a torque (n,) N m until the next call."""
        self._ctrl[self._actuator_at] = effort


@dataclass(frozen=True)
class Resistance:
    """Holds what resists the motion of all joints, each (n,).

    Attributes:
        damping: Viscous, N m s/rad.
        friction: Dry, N m.
    """

    damping: np.ndarray
    friction: np.ndarray


class JointBrakes:
    """Sets what resists the joints: bearings always, brakes without torque, locks where one failed.

    Attributes:
        any_locked: Whether a joint is locked now.
    """

    def __init__(
        self,
        model: mujoco.MjModel,
        dof_at: np.ndarray,
        table: DriveTable,
        bank: DriveBank,
        faults: DriveFaults,
        needs_props: bool = False,
    ):
        """Begin with the model's own bearings; nothing is set before `apply`.

        `needs_props`: the robot rests in no pose without torque, so that, as on the stand in its
        workshop, its joints are propped until torque comes.
        """
        self._model = model
        self._dof_at = dof_at
        self._table = table
        self._bank = bank
        self._faults = faults
        self._needs_props = needs_props
        self._is_propped = needs_props
        self._is_enabled = True
        self._is_cut = bank.is_cut
        self._locked = faults.locked
        self.any_locked = False
        self.use_joint_damping(1.0)

    def use_joint_damping(self, factor: float) -> None:
        """Scale the bearings' damping; the brakes of drives without torque come on top."""
        damping = factor * self._model.dof_damping[self._dof_at]
        friction = self._model.dof_frictionloss[self._dof_at]
        self._free = Resistance(damping, friction)
        self._braked = Resistance(
            damping + self._table.brake_damping, friction + self._table.holding_brake
        )
        self._friction_time = self._model.dof_solref[self._dof_at, 0]

    @property
    def is_outdated(self) -> bool:
        """Whether torque, cut drives or locks changed since the last `apply`."""
        bank = self._bank
        is_same = bank.is_enabled is self._is_enabled and bank.is_cut is self._is_cut
        return not is_same or self._faults.locked is not self._locked

    def apply(self) -> None:
        """Set damping and dry friction by what has torque, what is cut and what is locked now."""
        self._is_enabled = self._bank.is_enabled
        self._is_cut = self._bank.is_cut
        self._locked = self._faults.locked
        self.any_locked = bool(self._locked.any())
        self._is_propped = self._is_propped and not self._is_enabled
        is_fixed = self._locked | self._is_propped
        model = self._model
        braked = self._is_cut | (not self._is_enabled)
        friction = np.where(braked, self._braked.friction, self._free.friction)
        damping = np.where(braked, self._braked.damping, self._free.damping)
        stop_time = np.where(is_fixed, LOCK_STOP_TIME_S, self._friction_time)
        model.dof_damping[self._dof_at] = damping
        model.dof_frictionloss[self._dof_at] = np.where(is_fixed, LOCK_FRICTION_NM, friction)
        model.dof_solref[self._dof_at, 0] = stop_time

    def prop(self) -> None:
        """Prop the joints again, where the robot needs it: it was put down anew."""
        self._is_propped = self._needs_props

    def free_windings(self) -> None:
        """Take the damping of shorted windings away, until the next `apply`."""
        self._model.dof_damping[self._dof_at] = self._free.damping
