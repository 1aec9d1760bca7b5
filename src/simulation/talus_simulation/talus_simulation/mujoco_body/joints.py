# SPDX-License-Identifier: Apache-2.0
"""Reach the joints of a MuJoCo scene in Talus's order: angles, torques, friction, locks."""

from __future__ import annotations

from collections.abc import Sequence

import mujoco
import numpy as np

from talus_simulation.drives import DriveBank, DriveTable
from talus_simulation.faults.drives import LOCK_STOP_TIME_S, DriveFaults
from talus_simulation.resistance import JointResistance, Resistance


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


class JointBrakes:
    """Sets what resists the joints of a MuJoCo scene: bearings, brakes and locks."""

    def __init__(
        self,
        model: mujoco.MjModel,
        dof_at: np.ndarray,
        table: DriveTable,
        bank: DriveBank,
        faults: DriveFaults,
        needs_props: bool = False,
    ):
        """Begin with the model's own bearings; nothing is set before `apply`."""
        self._model = model
        self._dof_at = dof_at
        bearings = self._bearings(1.0)
        self._resistance = JointResistance(bearings, table, bank, faults, needs_props)
        self._friction_time = model.dof_solref[dof_at, 0]

    @property
    def any_locked(self) -> bool:
        """Whether a joint is locked now."""
        return self._resistance.any_locked

    @property
    def is_outdated(self) -> bool:
        """Whether torque, cut drives or locks changed since the last `apply`."""
        return self._resistance.is_outdated

    def use_joint_damping(self, factor: float) -> None:
        """Scale the bearings' damping; the brakes of drives without torque come on top."""
        self._resistance.set_bearings(self._bearings(factor))
        self._friction_time = self._model.dof_solref[self._dof_at, 0]

    def apply(self) -> None:
        """Set damping and dry friction by what has torque, what is cut and what is locked now."""
        resistance = self._resistance
        resistance.update()
        stop_time = np.where(resistance.is_fixed, LOCK_STOP_TIME_S, self._friction_time)
        model = self._model
        model.dof_damping[self._dof_at] = resistance.now.damping
        model.dof_frictionloss[self._dof_at] = resistance.now.friction
        model.dof_solref[self._dof_at, 0] = stop_time

    def prop(self) -> None:
        """Prop the joints again, where the robot needs it: it was put down anew."""
        self._resistance.prop()

    def free_windings(self) -> None:
        """Take the damping of shorted windings away, until the next `apply`."""
        self._model.dof_damping[self._dof_at] = self._resistance.free.damping

    def _bearings(self, factor: float) -> Resistance:
        return Resistance(
            factor * self._model.dof_damping[self._dof_at],
            self._model.dof_frictionloss[self._dof_at],
        )
