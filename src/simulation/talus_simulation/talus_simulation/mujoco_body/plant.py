# SPDX-License-Identifier: Apache-2.0
"""Robot and world as a MuJoCo model: joints in Talus's order, drives at every physics step, the true sensor values."""

from __future__ import annotations

import math
from dataclasses import dataclass

import mujoco
import numpy as np
from talus_core.driver import DriverError, GroundTruth
from talus_core.robot import RobotDescription
from talus_core.rotations import (
    matrix_from_rpy,
    matrix_from_yaw,
    quat_wxyz_from_xyzw,
    quat_xyzw_from_matrix,
    quat_xyzw_from_wxyz,
    skew,
)
from talus_description.scene import SceneError, load_scene, pose_qpos

from talus_simulation.battery import Pack
from talus_simulation.drives import DriveBank, DriveTable
from talus_simulation.faults.drives import LOCK_FRICTION, LOCK_TIME, DriveFaults

# (roll, pitch) rad of a body that lies on its back, front, left or right side.
LYING = {
    "back": (0.0, -0.5 * math.pi),
    "front": (0.0, 0.5 * math.pi),
    "left": (-0.5 * math.pi, 0.0),
    "right": (0.5 * math.pi, 0.0),
}
DROP = (
    0.3  # m of the base above the ground, from where it is let go: no limb is below the ground then
)


@dataclass(frozen=True)
class Sample:
    """True sensor values over one control tick.

    Attributes:
        angular_velocity: (3,) rad/s, mean over the tick, in imu_link.
        linear_acceleration: (3,) m/s^2, specific force, mean over the tick, in imu_link.
        foot_wrenches: (2, 6) N, N m of the ground on the foot in the last physics step, in and about the sole.
    """

    angular_velocity: np.ndarray
    linear_acceleration: np.ndarray
    foot_wrenches: np.ndarray


class Plant:
    """The physics of one robot in one world."""

    def __init__(
        self,
        description: RobotDescription,
        world: str,
        table: DriveTable,
        period: float,
        faults: DriveFaults,
    ):
        """Raises DriverError for a world or robot that cannot be loaded."""
        self.model = _load(description, world)
        self.data = mujoco.MjData(self.model)
        self.bank = DriveBank(table, faults)
        self._faults = faults
        self._locked, self._is_locked = faults.locked, False
        self.steps_per_tick = _whole_steps(period, self.model.opt.timestep)
        self._description = description
        names = description.joint_names
        self._qpos_at = np.array([self.model.joint(name).qposadr[0] for name in names])
        self._dof_at = np.array([self.model.joint(name).dofadr[0] for name in names])
        self._actuator_at = np.array([self.model.actuator(name).id for name in names])
        self._table = table
        self._imu = _Imu(self.model, self.data, description.frames["imu"])
        self._wrenches_at = np.array(
            [_wrench_places(self.model, foot.frame) for foot in description.feet]
        )
        self._qpos, self._qvel, self._ctrl = self.data.qpos, self.data.qvel, self.data.ctrl
        self._period = period
        soles = [self.model.site(foot.frame).bodyid[0] for foot in description.feet]
        self._feet = {
            int(body) for sole in soles for body in (sole, self.model.body_parentid[sole])
        }
        self._is_free, self._is_cut = True, self.bank.is_cut
        self._options = self.model.opt
        self._with_sensors = self._options.disableflags
        self._without_sensors = self._with_sensors | int(mujoco.mjtDisableBit.mjDSBL_SENSOR)
        self.use_joint_damping(1.0)
        self.position, self.velocity, self.effort = (np.zeros(len(names)) for _ in range(3))

    def use_joint_damping(self, factor: float) -> None:
        """Scale the bearings' damping of the model; the brakes of the drives come on top without torque."""
        self._free_damping = factor * self.model.dof_damping[self._dof_at]
        self._braked_damping = self._free_damping + self._table.brake_damping
        self._free_friction = self.model.dof_frictionloss[self._dof_at]
        self._braked_friction = self._free_friction + self._table.holding_brake
        self._friction_time = self.model.dof_solref[self._dof_at, 0]

    def posed(self, pose: np.ndarray, lying: str = "", heading: float = 0.0) -> np.ndarray:
        """MuJoCo's generalised position with joints at `pose` (n,) rad, on the feet or let go above the ground."""
        feet = [foot.frame for foot in self._description.feet]
        qpos = pose_qpos(self.model, self._description.joint_names, pose, feet)
        if lying:
            rotation = matrix_from_yaw(heading) @ matrix_from_rpy(*LYING[lying], 0.0)
            qpos[:3] = 0.0, 0.0, DROP
            qpos[3:7] = quat_wxyz_from_xyzw(quat_xyzw_from_matrix(rotation))
        return qpos

    def place(self, start: np.ndarray, settle: float) -> None:
        """Put the robot down limp at generalised positions and let it come to rest for `settle` s; levers stay."""
        mujoco.mj_resetData(self.model, self.data)
        self.data.qpos[:] = start
        self.bank.release()
        self._brake()
        self._settle(0.5 * settle)
        # Without the shorted windings, which would let the arms sink for 10 s more.
        self.model.dof_damping[self._dof_at] = self._free_damping
        self._settle(0.5 * settle)
        self._brake()
        mujoco.mj_forward(self.model, self.data)
        self._sample_joints()
        self._imu.restart()

    def tick(self, pack: Pack) -> None:
        """One control period: drives and battery at every physics step, sensors at the last."""
        model, data, bank = self.model, self.data, self.bank
        is_same = bank.is_enabled is self._is_free and bank.is_cut is self._is_cut
        if not is_same or self._faults.locked is not self._locked:
            self._brake()
        power = 0.0
        for step in range(self.steps_per_tick):
            is_last = step == self.steps_per_tick - 1
            self._options.disableflags = self._with_sensors if is_last else self._without_sensors
            self.effort = bank.effort(self.position, self.velocity, pack.voltage)
            self._ctrl[self._actuator_at] = self.effort
            power += bank.power(self.effort, self.velocity)
            mujoco.mj_step(model, data)
            if self._is_locked and bank.is_enabled:  # else brakes bear it in sound joints too
                self._faults.bear(self._dry_friction())
            self._sample_joints()
            self._imu.add()
        self._imu.end(self._period)
        pack.drain(power / self.steps_per_tick, self._period)

    def sample(self) -> Sample:
        """Sensor values of the last tick, or at rest before the first."""
        wrenches = -self.data.sensordata[
            self._wrenches_at
        ]  # MuJoCo gives that of the foot on the ground
        return Sample(self._imu.angular_velocity, self._imu.linear_acceleration, wrenches)

    def ground_truth(self) -> GroundTruth:
        """Of the base; MuJoCo's free joint has its linear velocity in the world, its angular velocity in the body."""
        qpos, qvel = self._imu.base_qpos, self._imu.base_qvel
        return GroundTruth(
            qpos[:3].copy(), quat_xyzw_from_wxyz(qpos[3:7]), qvel[:3].copy(), qvel[3:6].copy()
        )

    def soles(self) -> np.ndarray:
        """(2, 3) m in the world, by the last physics step."""
        return np.stack([self.data.site(foot.frame).xpos for foot in self._description.feet])

    @property
    def mass(self) -> float:
        """kg of the robot, not of the world's bodies."""
        root = self.model.site_bodyid[self.model.site(self._description.frames["imu"]).id]
        return float(self.model.body_subtreemass[self.model.body_rootid[root]])

    def touching(self) -> dict[str, float]:
        """N, largest normal force at one point on each link, but the feet, that touches what is not the robot."""
        model, data = self.model, self.data
        root = model.body_rootid[model.site_bodyid[model.site(self._description.frames["imu"]).id]]
        bodies = model.geom_bodyid[data.contact.geom]
        ours = model.body_rootid[bodies] == root
        forces, wrench = {}, np.zeros(6)
        for contact in np.flatnonzero((data.contact.dist < 0.0) & (ours.sum(axis=1) == 1)):
            link = int(bodies[contact][ours[contact]][0])
            if link not in self._feet:
                mujoco.mj_contactForce(model, data, contact, wrench)
                name = model.body(link).name
                forces[name] = max(forces.get(name, 0.0), float(wrench[0]))
        return forces

    def _dry_friction(self) -> np.ndarray:
        """(n,) N m of the joints' own dry friction, locks included, at the last physics step."""
        data, load = self.data, np.zeros(self.model.nv)
        rows = data.efc_type == mujoco.mjtConstraint.mjCNSTR_FRICTION_DOF
        load[data.efc_id[rows]] = data.efc_force[rows]
        return load[self._dof_at]

    def _settle(self, duration: float) -> None:
        for _ in range(round(duration / self.model.opt.timestep)):
            mujoco.mj_step(self.model, self.data)

    def _sample_joints(self) -> None:
        self.position = self._qpos[self._qpos_at]
        self.velocity = self._qvel[self._dof_at]

    def _brake(self) -> None:
        self._is_free, self._is_cut = self.bank.is_enabled, self.bank.is_cut
        model, braked = self.model, self._is_cut | (not self._is_free)
        friction = np.where(braked, self._braked_friction, self._free_friction)
        damping = np.where(braked, self._braked_damping, self._free_damping)
        self._locked = self._faults.locked
        self._is_locked = bool(self._locked.any())
        model.dof_damping[self._dof_at] = damping
        model.dof_frictionloss[self._dof_at] = np.where(self._locked, LOCK_FRICTION, friction)
        model.dof_solref[self._dof_at, 0] = np.where(self._locked, LOCK_TIME, self._friction_time)


class _Imu:
    """Angular velocity and specific force averaged over a tick (delta-angle, delta-v), as good IMUs give them.

    The mean specific force is the change of the IMU's velocity over the tick less gravity, seen from the mean attitude.
    Right also when the robot is set down or struck within the tick, where a point sample would miss or overstate it.
    """

    def __init__(self, model: mujoco.MjModel, data: mujoco.MjData, site: str):
        self._gravity = model.opt.gravity.copy()
        site_id = model.site(site).id
        base = model.site_bodyid[site_id]
        root = model.body_jntadr[base]
        if root < 0 or model.jnt_type[root] != mujoco.mjtJoint.mjJNT_FREE:
            raise DriverError(f"frame '{site}' must be fixed to the floating base of the robot")
        qpos_at, dof_at = model.jnt_qposadr[root], model.jnt_dofadr[root]
        self.base_qpos = data.qpos[qpos_at : qpos_at + 7]
        self.base_qvel = data.qvel[dof_at : dof_at + 6]
        self._lever = -skew(model.site_pos[site_id])  # w x p = -[p]x w
        self._rotation_to_base = _matrix(model.site_quat[site_id])
        self.restart()

    def restart(self) -> None:
        """At rest now."""
        self._turned = np.zeros(3)
        self._steps = 0
        self._rotation = _matrix(self.base_qpos[3:7])
        self._velocity = self._velocity_of(self._rotation)
        self.angular_velocity = np.zeros(3)
        self.linear_acceleration = (self._rotation @ self._rotation_to_base).T @ -self._gravity

    def add(self) -> None:
        """A physics step is done."""
        self._turned += self.base_qvel[3:6]
        self._steps += 1

    def end(self, duration: float) -> None:
        """A tick of `duration` s is done."""
        rotation = _matrix(self.base_qpos[3:7])
        velocity = self._velocity_of(rotation)
        specific_force = (velocity - self._velocity) / duration - self._gravity
        mean_rotation = 0.5 * (
            self._rotation + rotation
        )  # of a small turn: not quite a rotation, but the mean
        self.linear_acceleration = self._rotation_to_base.T @ (mean_rotation.T @ specific_force)
        self.angular_velocity = self._rotation_to_base.T @ (self._turned / self._steps)
        self._rotation, self._velocity = rotation, velocity
        self._turned[:], self._steps = 0.0, 0

    def _velocity_of(self, rotation: np.ndarray) -> np.ndarray:
        """(3,) m/s of the IMU in the world, now, where the base is turned by `rotation`."""
        return self.base_qvel[:3] + rotation @ (self._lever @ self.base_qvel[3:6])


def _matrix(quat_wxyz: np.ndarray) -> np.ndarray:
    out = np.empty(9)
    mujoco.mju_quat2Mat(out, quat_wxyz)
    return out.reshape(3, 3)


def _load(description: RobotDescription, world: str) -> mujoco.MjModel:
    if description.mjcf is None:
        raise DriverError(
            f"robot {description.name} has no MJCF: robot.yaml needs an entry 'mjcf' for the driver mujoco"
        )
    try:
        return load_scene(description.mjcf, world)
    except SceneError as error:
        raise DriverError(str(error)) from error


def _whole_steps(period: float, timestep: float) -> int:
    steps = round(period / timestep)
    if steps < 1 or abs(steps * timestep - period) > 1e-9:
        raise DriverError(
            f"control period {period} s is not a multiple of the physics step {timestep} s"
        )
    return steps


def _wrench_places(model: mujoco.MjModel, sole: str) -> list[int]:
    """Of force, then torque, in the sensor data."""
    starts = [model.sensor(f"{sole}_{kind}").adr[0] for kind in ("force", "torque")]
    return [start + axis for start in starts for axis in range(3)]
