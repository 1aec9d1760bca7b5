# SPDX-License-Identifier: Apache-2.0
"""Moves one robot in a Gazebo world: drives and friction at every physics step, IMU and soles."""

from __future__ import annotations

import copy
import tempfile
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
from talus_core.driver import DriverError, DriverSetup, GroundTruth
from talus_core.physics import GRAVITY_MPS2, NANOSECONDS_PER_SECOND
from talus_core.rotations import matrix_from_quat_xyzw
from talus_description.conversion.remarks import Remarks
from talus_description.formats.urdf_model import FramePose
from talus_safety.kernel.measure.body import Body
from talus_simulation.battery import Pack
from talus_simulation.drives import DriveBank, DriveTable
from talus_simulation.faults.drives import DriveFaults
from talus_simulation.mean_imu import MeanImu
from talus_simulation.mock_body.footed_base import FootedBase
from talus_simulation.pushes import ActivePush
from talus_simulation.resistance import JointResistance, Resistance

from talus_gazebo.config import GazeboConfig
from talus_gazebo.dry_friction import DryFriction
from talus_gazebo.server import BodyForces, BodySample, GazeboServer, OpenServer, ServerPlan
from talus_gazebo.world import compose, robot_model, world_tree

# Between soles and ground at the start: contact begins by itself, without a blow.
DROP_HEIGHT_M = 0.001
# Of the weight, that the soles must say they bear at rest, with our sign; a sensor that sits the
# other way round says minus 1.
PROVEN_SHARE = 0.5
# Of a joint for which robot.yaml says no rotor inertia, kg m^2: that of a finger of talus40.
LEAST_ROTOR_KGM2 = 3e-4


class GazeboBody:
    """Steps Gazebo by control periods.

    Attributes:
        bank: The drives.
        effort: (n,) N m of the drives in the last physics step.
        mass: Of the robot, kg.
        links: That may be pushed.
        remarks: What of the world is otherwise than its file says, one line each.
        imu: Of the base.
        wrenches: (2, 6) N, N m of the ground on the feet, in and about the soles.
    """

    def __init__(
        self,
        setup: DriverSetup,
        config: GazeboConfig,
        table: DriveTable,
        faults: DriveFaults,
        open_server: OpenServer,
    ):
        """Read world and robot. Raises DriverError, TalusError."""
        description = setup.description
        self.steps_per_tick = _whole_steps(setup.period, config.step_s)
        self._description = description
        self._config = config
        self._period = setup.period
        self._open_server = open_server
        self._faults = faults
        self.bank = DriveBank(table, faults)
        rotors = np.maximum(description.limits.rotor_inertia, LEAST_ROTOR_KGM2)
        self._friction = DryFriction(rotors, config.step_s)
        # The bearings' damping is Gazebo's, whose solver takes it in implicitly.
        bearings = Resistance(np.zeros(len(rotors)), description.limits.friction)
        self._resistance = JointResistance(
            bearings, table, self.bank, faults, description.keeps_torque
        )
        body = Body(description)
        self._kinematics = body
        self.mass = body.mass
        remarks = Remarks()
        self._world = world_tree(setup, remarks)
        self.remarks = tuple(remarks.lines())
        self._robot = robot_model(description, config.shows)
        self.links = self._robot.links
        self._angles = description.poses[config.start_pose]
        footed = FootedBase(body, self._angles)
        lifted = footed.position + np.array([0.0, 0.0, DROP_HEIGHT_M])
        self._place = FramePose(lifted, footed.rotation)
        gravity = np.array([0.0, 0.0, -GRAVITY_MPS2])
        self.imu = MeanImu(body.imu.origin, body.imu.rotation, gravity)
        self._server: GazeboServer | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._pushes: list[ActivePush] = []
        self._voltage = 0.0
        self._power = 0.0
        self._windings_brake = True

    @property
    def sample(self) -> BodySample:
        """What the body does after the last physics step."""
        return self._running().sample

    def place(self, pack: Pack) -> None:
        """Put the robot down limp in a new server, to rest, and prove the foot sensors' sign."""
        self.close()
        self.bank.release()
        self._pushes.clear()
        self._friction.restart()
        self._resistance.prop()
        self._resistance.update()
        self._server = self._open()
        self._voltage = pack.voltage
        self.effort = np.zeros(len(self._angles))
        self._restart_imu()
        steps = round(0.5 * self._config.settle_s / self._config.step_s)
        self._windings_brake = True
        self._server.run(steps, self._drive, self._see)
        # Without the shorted windings, which would let the arms sink for 10 s more.
        self._windings_brake = False
        self._server.run(steps, self._drive, self._see)
        self._windings_brake = True
        self._restart_imu()
        self.wrenches = self._server.wrenches()
        check_sign(self.wrenches, self.mass)

    def tick(self, pack: Pack, pushes: list[ActivePush]) -> None:
        """Let one control period pass; forces of `pushes` act in all of its steps."""
        server = self._running()
        if self._resistance.is_outdated:
            self._resistance.update()
        self._voltage = pack.voltage
        self._pushes = pushes
        self._power = 0.0
        server.run(self.steps_per_tick, self._drive, self._see)
        sample = server.sample
        rotation = matrix_from_quat_xyzw(sample.base_quat_xyzw)
        turning = rotation.T @ sample.base_turning
        self.imu.end(rotation, sample.base_velocity, turning, self._period)
        self.wrenches = server.wrenches()
        pack.drain(self._power / self.steps_per_tick, self._period)

    def ground_truth(self) -> GroundTruth:
        """Return where the base is and how it moves."""
        sample = self.sample
        to_base = matrix_from_quat_xyzw(sample.base_quat_xyzw).T
        return GroundTruth(
            sample.base_position,
            sample.base_quat_xyzw,
            sample.base_velocity,
            to_base @ sample.base_turning,
        )

    def soles(self) -> np.ndarray:
        """Return the soles' places in the world by the last physics step, (2, 3), m."""
        sample = self.sample
        rotation = matrix_from_quat_xyzw(sample.base_quat_xyzw)
        placement = self._kinematics.place(sample.position)
        in_base = [self._kinematics.locate(placement, sole)[1] for sole in self._kinematics.soles]
        return sample.base_position + np.array(in_base) @ rotation.T

    def close(self) -> None:
        """End the server, if one runs."""
        if self._server is not None:
            self._server.close()
            self._server = None
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    def _running(self) -> GazeboServer:
        if self._server is None:
            raise DriverError("gazebo: no server runs")
        return self._server

    def _open(self) -> GazeboServer:
        config = self._config
        description = self._description
        world = copy.deepcopy(self._world)
        robot = copy.deepcopy(self._robot)
        name = compose(world, robot, self._place, config.step_s, config.shows)
        self._folder = tempfile.TemporaryDirectory(prefix="talus_gazebo_")
        file = Path(self._folder.name) / "world.sdf"
        ElementTree.ElementTree(world).write(file)
        return self._open_server(
            ServerPlan(
                file=file,
                world=name,
                model=robot.element.get("name", ""),
                joints=description.joint_names,
                angles=self._angles,
                base=description.frames["base"],
                links=robot.links,
                sensors=robot.sensors,
                step_ns=round(config.step_s * NANOSECONDS_PER_SECOND),
                wait_s=config.wait_s,
            )
        )

    def _restart_imu(self) -> None:
        sample = self.sample
        rotation = matrix_from_quat_xyzw(sample.base_quat_xyzw)
        self.imu.restart(rotation, sample.base_velocity, rotation.T @ sample.base_turning)

    def _drive(self) -> BodyForces:
        """Return what acts on the joints in the next physics step, by their angles and speeds."""
        sample = self._running().sample
        position = sample.position
        velocity = sample.velocity
        effort = self.bank.effort(position, velocity, self._voltage)
        self.effort = effort.copy()
        self._power += self.bank.power(effort, velocity)
        now = self._resistance.now
        viscous = now.damping if self._windings_brake else self._resistance.free.damping
        held, braked = self._friction.torque(position, velocity, now.friction, viscous)
        if self._resistance.any_locked and self.bank.is_enabled:
            self._faults.bear(held)
        forces: dict[str, np.ndarray] = {}
        for push in self._pushes:
            forces[push.link] = forces.get(push.link, 0.0) + push.force
        return BodyForces(self.effort + held + braked, forces)

    def _see(self, sample: BodySample) -> None:
        rotation = matrix_from_quat_xyzw(sample.base_quat_xyzw)
        self.imu.add(rotation.T @ sample.base_turning)


def check_sign(wrenches: np.ndarray, mass: float) -> None:
    """Raise DriverError unless feet (2, 6) at rest feel the ground push them up, by our sign.

    A sensor that sits the wrong way round lets a controller push where it should yield.
    """
    felt = float(wrenches[:, 2].sum())
    weight = mass * GRAVITY_MPS2
    if not felt > PROVEN_SHARE * weight:
        raise DriverError(
            f"gazebo: at rest the soles feel {felt:.0f} N upwards of a weight of {weight:.0f} N; "
            "the force of the ground on the foot must be above 0: turn <measure_direction> of the "
            "force-torque sensors, or choose a start pose that rests on the soles"
        )


def _whole_steps(period: float, step: float) -> int:
    steps = round(period / step)
    if steps < 1 or abs(steps * step - period) > 1e-9:
        raise DriverError(
            f"gazebo: control period {period} s is not a multiple of the physics step {step} s"
        )
    return steps
