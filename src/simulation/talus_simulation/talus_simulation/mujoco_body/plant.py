# SPDX-License-Identifier: Apache-2.0
"""Run robot and world as a MuJoCo model: drives at every physics step, true sensor values."""

from __future__ import annotations

import math
from dataclasses import dataclass

import mujoco
import numpy as np
from talus_core.driver import DriverError, DriverSetup, GroundTruth
from talus_core.rotations import (
    matrix_from_rpy,
    matrix_from_yaw,
    quat_wxyz_from_xyzw,
    quat_xyzw_from_matrix,
    quat_xyzw_from_wxyz,
)
from talus_description.scene import (
    JoinedScene,
    SceneError,
    base_of,
    ground_at_origin,
    join_scene,
    pose_qpos,
)

from talus_simulation.battery import Pack
from talus_simulation.drives import DriveBank, DriveTable
from talus_simulation.faults.drives import DriveFaults
from talus_simulation.mujoco_body.imu import Imu
from talus_simulation.mujoco_body.joints import JointAccess, JointBrakes
from talus_simulation.mujoco_body.surroundings import Surroundings

# (roll, pitch) rad of a body that lies on its back, front, left or right side.
LYING_ROLL_PITCH_RAD = {
    "back": (0.0, -0.5 * math.pi),
    "front": (0.0, 0.5 * math.pi),
    "left": (-0.5 * math.pi, 0.0),
    "right": (0.5 * math.pi, 0.0),
}
# Of the base above the ground, from where the robot is let go: no limb is below the ground then.
DROP_HEIGHT_M = 0.3


@dataclass(frozen=True)
class TrueSample:
    """Holds the true sensor values of one control tick.

    Attributes:
        angular_velocity: (3,) rad/s, mean over the tick, in imu_link.
        linear_acceleration: (3,) m/s^2, specific force, mean over the tick, in imu_link.
        foot_wrenches: (2, 6) N, N m of the ground on the foot in the last physics step, in and
            about the sole.
    """

    angular_velocity: np.ndarray
    linear_acceleration: np.ndarray
    foot_wrenches: np.ndarray


class Plant:
    """Moves one robot in one world by the laws of physics.

    Attributes:
        model, data: MuJoCo's own.
        remarks: What of the world is otherwise than its file says, one line each.
        surroundings: All that is not the robot.
        bank: The drives.
        joints: Angles and torques in Talus's order.
        brakes: What resists the joints.
        imu: Of the base.
        effort: (n,) N m of the drives in the last physics step.
        steps_per_tick: Physics steps in a control period.
    """

    def __init__(self, setup: DriverSetup, table: DriveTable, faults: DriveFaults):
        """Load the scene. Raises DriverError for a world or robot that cannot be loaded."""
        description = setup.description
        scene = _load(setup)
        self.model = scene.model
        self.remarks = scene.remarks
        self.data = mujoco.MjData(self.model)
        self.bank = DriveBank(table, faults)
        self._faults = faults
        self.steps_per_tick = _whole_steps(setup.period, self.model.opt.timestep)
        self._description = description
        self.joints = JointAccess(self.model, self.data, description.joint_names)
        self.brakes = JointBrakes(
            model=self.model,
            dof_at=self.joints.dof_at,
            table=table,
            bank=self.bank,
            faults=faults,
            needs_props=description.keeps_torque,
        )
        self.imu = Imu(self.model, self.data, description.frames["imu"])
        self._wrenches_at = np.array(
            [_wrench_places(self.model, foot.frame) for foot in description.feet]
        )
        self._period = setup.period
        soles = [self.model.site(foot.frame).bodyid[0] for foot in description.feet]
        self._feet = {
            int(body) for sole in soles for body in (sole, self.model.body_parentid[sole])
        }
        self.surroundings = Surroundings(
            self.model, base_of(self.model, description.feet[0].frame), setup.world
        )
        self._sensors = _SensorSwitch(self.model.opt)
        self.effort = np.zeros(len(description.joint_names))

    @property
    def position(self) -> np.ndarray:
        """Joint angles at the last physics step, (n,), rad."""
        return self.joints.position

    @property
    def velocity(self) -> np.ndarray:
        """Joint speeds at the last physics step, (n,), rad/s."""
        return self.joints.velocity

    def posed(self, pose: np.ndarray, lying: str = "", heading: float = 0.0) -> np.ndarray:
        """Return MuJoCo's generalised position with joints at `pose` (n,) rad.

        The robot stands on its feet or, where it is to lie, is let go above the ground. Raises
        DriverError where something of the world stands there.
        """
        feet = [foot.frame for foot in self._description.feet]
        try:
            qpos = pose_qpos(self.model, self._description.joint_names, pose, feet)
        except SceneError as error:
            raise DriverError(f"world {self.surroundings.world}: {error}") from error
        if lying:
            base = self.surroundings.base_qpos_at
            ground = ground_at_origin(self.model, self.surroundings.base)
            rotation = matrix_from_yaw(heading) @ matrix_from_rpy(*LYING_ROLL_PITCH_RAD[lying], 0.0)
            qpos[base : base + 3] = (0.0, 0.0, ground + DROP_HEIGHT_M)
            qpos[base + 3 : base + 7] = quat_wxyz_from_xyzw(quat_xyzw_from_matrix(rotation))
        self.surroundings.refuse_overlap(qpos)
        return qpos

    def place(self, start: np.ndarray, settle: float) -> None:
        """Put the robot down limp at `start`, generalised positions, to rest for `settle` s.

        What else moves stays at its place in `start` meanwhile. Levers stay as they are.
        """
        mujoco.mj_resetData(self.model, self.data)
        self.data.qpos[:] = start
        self.surroundings.keep(self.data)
        self.bank.release()
        self.brakes.prop()
        self.brakes.apply()
        self._settle(0.5 * settle)
        # Without the shorted windings, which would let the arms sink for 10 s more.
        self.brakes.free_windings()
        self._settle(0.5 * settle)
        self.brakes.apply()
        mujoco.mj_forward(self.model, self.data)
        self.joints.sample()
        self.imu.restart()

    def tick(self, pack: Pack) -> None:
        """Let one control period pass: drives act at every physics step, sensors at the last."""
        bank = self.bank
        joints = self.joints
        if self.brakes.is_outdated:
            self.brakes.apply()
        power = 0.0
        for step in range(self.steps_per_tick):
            is_last = step == self.steps_per_tick - 1
            self._sensors.turn(is_last)
            self.effort = bank.effort(joints.position, joints.velocity, pack.voltage)
            joints.drive(self.effort)
            power += bank.power(self.effort, joints.velocity)
            mujoco.mj_step(self.model, self.data)
            if (
                self.brakes.any_locked and bank.is_enabled
            ):  # else brakes bear it in sound joints too
                self._faults.bear(self._dry_friction())
            joints.sample()
            self.imu.add()
        self.imu.end(self._period)
        pack.drain(power / self.steps_per_tick, self._period)

    def sample(self) -> TrueSample:
        """Return the sensor values of the last tick, or at rest before the first."""
        wrenches = -self.data.sensordata[
            self._wrenches_at
        ]  # MuJoCo gives that of the foot on the ground
        return TrueSample(self.imu.angular_velocity, self.imu.linear_acceleration, wrenches)

    def ground_truth(self) -> GroundTruth:
        """Return where the base is and how it moves.

        MuJoCo's free joint has its linear velocity in the world, its angular velocity in the body.
        """
        qpos = self.imu.base_qpos
        qvel = self.imu.base_qvel
        return GroundTruth(
            qpos[:3].copy(), quat_xyzw_from_wxyz(qpos[3:7]), qvel[:3].copy(), qvel[3:6].copy()
        )

    def soles(self) -> np.ndarray:
        """Return the soles' places in the world by the last physics step, (2, 3), m."""
        return np.stack([self.data.site(foot.frame).xpos for foot in self._description.feet])

    @property
    def mass(self) -> float:
        """Mass of the robot without the world's bodies, kg."""
        return float(self.model.body_subtreemass[self.surroundings.base])

    def touching(self) -> dict[str, float]:
        """Return the links, but the feet, that touch what is fixed to the world.

        Each has the largest normal force at one of its points, N. What rolls or swings against the
        robot does not count: nobody falls by that.
        """
        model = self.model
        data = self.data
        geoms = data.contact.geom  # -1 where something soft touches
        bodies = model.geom_bodyid[geoms]
        ours = (model.body_rootid[bodies] == self.surroundings.base) & (geoms >= 0)
        is_fixed = (model.body_weldid[bodies] == 0) & (geoms >= 0)
        meets_ground = ours.any(axis=1) & is_fixed.any(axis=1)
        forces: dict[str, float] = {}
        wrench = np.zeros(6)
        for contact in np.flatnonzero((data.contact.dist < 0.0) & meets_ground):
            link = int(bodies[contact][ours[contact]][0])
            if link not in self._feet:
                mujoco.mj_contactForce(model, data, contact, wrench)
                name = model.body(link).name
                forces[name] = max(forces.get(name, 0.0), float(wrench[0]))
        return forces

    def _dry_friction(self) -> np.ndarray:
        """Return the joints' dry friction at the last physics step, locks included, (n,), N m."""
        data = self.data
        load = np.zeros(self.model.nv)
        rows = data.efc_type == mujoco.mjtConstraint.mjCNSTR_FRICTION_DOF
        load[data.efc_id[rows]] = data.efc_force[rows]
        return load[self.joints.dof_at]

    def _settle(self, duration: float) -> None:
        for _ in range(round(duration / self.model.opt.timestep)):
            mujoco.mj_step(self.model, self.data)
            self.surroundings.put_back(self.data)


class _SensorSwitch:
    """Leaves out MuJoCo's sensors in all physics steps of a tick but the last."""

    def __init__(self, options: mujoco.MjOption):
        self._options = options
        self._flags_on = options.disableflags
        self._flags_off = self._flags_on | int(mujoco.mjtDisableBit.mjDSBL_SENSOR)

    def turn(self, is_on: bool) -> None:
        """Compute sensors in the next physics step, or not."""
        self._options.disableflags = self._flags_on if is_on else self._flags_off


def _load(setup: DriverSetup) -> JoinedScene:
    description = setup.description
    if description.mjcf is None:
        raise DriverError(
            f"robot {description.name} has no MJCF: "
            "robot.yaml needs an entry 'mjcf' for the driver mujoco"
        )
    try:
        return join_scene(description.mjcf, setup.world, setup.worlds)
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
    """Return the places of a foot's force, then torque, in the sensor data.

    Raises DriverError where the sole has no such sensor.
    """
    site = model.site(sole).id
    at_sole = (model.sensor_objtype == mujoco.mjtObj.mjOBJ_SITE) & (model.sensor_objid == site)
    places: list[int] = []
    for kind in (mujoco.mjtSensor.mjSENS_FORCE, mujoco.mjtSensor.mjSENS_TORQUE):
        found = np.flatnonzero(at_sole & (model.sensor_type == kind))
        if len(found) != 1:
            raise DriverError(
                f"site '{sole}' has {len(found)} sensors of {kind.name}; a sole needs one <force> "
                "and one <torque>"
            )
        start = int(model.sensor_adr[found[0]])
        places += range(start, start + 3)
    return places
