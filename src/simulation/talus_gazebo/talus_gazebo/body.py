# SPDX-License-Identifier: Apache-2.0
"""Moves one robot in a Gazebo world: drives and friction at every physics step, IMU and soles."""

from __future__ import annotations

from enum import Enum

import numpy as np
from talus_core.driver import DriverError, DriverSetup, GroundTruth
from talus_core.physics import GRAVITY_MPS2
from talus_core.rotations import matrix_from_quat_xyzw
from talus_description.formats.urdf_model import FramePose
from talus_safety.kernel.measure.body import Body
from talus_simulation.battery import Pack
from talus_simulation.drives import DriveBank, DriveTable
from talus_simulation.faults.drives import DriveFaults
from talus_simulation.mean_imu import MeanImu
from talus_simulation.mock_body.footed_base import FootedBase
from talus_simulation.push import ActivePush
from talus_simulation.resistance import JointResistance, Resistance

from talus_gazebo.config import GazeboConfig
from talus_gazebo.dry_friction import DryFriction
from talus_gazebo.server import BodyForces, BodyMotion, OpenServer
from talus_gazebo.stage import GazeboStage

# Between soles and ground at the start: contact begins by itself, without a blow.
SOLE_GAP_M = 0.001
# Of the weight, that the soles must say they bear at rest, with our sign; a sensor that sits the
# other way round says minus 1.
PROVEN_SHARE = 0.5
# 1/s, by which hands at the base slow the whole mass: rocking, at 6 rad/s, dies out in one swing.
STEADYING_RATE_HZ = 12.0
# Of a joint for which robot.yaml says no rotor inertia, kg m^2: that of a finger of talus40.
LEAST_ROTOR_KGM2 = 3e-4


class Settling(Enum):
    """Says what is done to a limp robot that comes to rest before time 0.

    Attributes:
        STEADIED: Hands at its base slow it: on rigid ground it would rock for 4 s.
        FREE: Windings do not brake: with them, the arms would sink for 10 s more.
        OVER: Nothing.
    """

    STEADIED = 1
    FREE = 2
    OVER = 3


class GazeboBody:
    """Steps Gazebo by control periods.

    Attributes:
        stage: The world with the robot in it, and its server.
        bank: The drives.
        effort: (n,) N m of the drives in the last physics step.
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
        self._steps_per_tick = _whole_steps(setup.period, config.step_s)
        self._settle_steps = round(0.5 * config.settle_s / config.step_s)
        self._period = setup.period
        self._faults = faults
        self.bank = DriveBank(table, faults)
        rotors = np.maximum(description.limits.rotor_inertia, LEAST_ROTOR_KGM2)
        self._friction = DryFriction(rotors, config.step_s)
        # The bearings' damping is Gazebo's, whose solver takes it in implicitly.
        bearings = Resistance(np.zeros(len(rotors)), description.limits.friction)
        self._resistance = JointResistance(
            bearings, table, self.bank, faults, description.keeps_torque
        )
        self._kinematics = Body(description)
        footed = FootedBase(self._kinematics, description.poses[config.start_pose])
        lifted = footed.position + np.array([0.0, 0.0, SOLE_GAP_M])
        self.stage = GazeboStage(setup, config, FramePose(lifted, footed.rotation), open_server)
        gravity = np.array([0.0, 0.0, -GRAVITY_MPS2])
        imu = self._kinematics.imu
        self.imu = MeanImu(imu.origin, imu.rotation, gravity)
        self._pushes: list[ActivePush] = []
        self._pack: Pack
        self._power = 0.0
        self._settling = Settling.OVER

    @property
    def mass(self) -> float:
        """Mass of the robot, kg."""
        return self._kinematics.mass

    @property
    def motion(self) -> BodyMotion:
        """What the body does after the last physics step."""
        return self.stage.server.motion

    def place(self, pack: Pack) -> None:
        """Put the robot down limp in a new server, to rest, and prove the foot sensors' sign."""
        self._pack = pack
        self._pushes = []
        self.bank.release()
        self._friction.restart()
        self._resistance.prop()
        self._resistance.update()
        self.stage.open()
        server = self.stage.server
        self.effort = np.zeros(len(server.motion.position))
        self._restart_imu()
        for settling in (Settling.STEADIED, Settling.FREE):
            self._settling = settling
            server.run(self._settle_steps, self._drive, self._see)
        self._settling = Settling.OVER
        self._restart_imu()
        self.wrenches = server.wrenches()
        check_sign(self.wrenches, self.mass)

    def tick(self, pushes: list[ActivePush]) -> None:
        """Let one control period pass; forces of `pushes` act in all of its steps."""
        if self._resistance.is_outdated:
            self._resistance.update()
        self._pushes = pushes
        self._power = 0.0
        server = self.stage.server
        server.run(self._steps_per_tick, self._drive, self._see)
        motion = server.motion
        rotation = matrix_from_quat_xyzw(motion.base_quat_xyzw)
        turning = rotation.T @ motion.base_turning
        self.imu.end(rotation, motion.base_velocity, turning, self._period)
        self.wrenches = server.wrenches()
        self._pack.drain(self._power / self._steps_per_tick, self._period)

    def ground_truth(self) -> GroundTruth:
        """Return where the base is and how it moves."""
        motion = self.motion
        to_base = matrix_from_quat_xyzw(motion.base_quat_xyzw).T
        return GroundTruth(
            motion.base_position,
            motion.base_quat_xyzw,
            motion.base_velocity,
            to_base @ motion.base_turning,
        )

    def soles(self) -> np.ndarray:
        """Return the soles' places in the world by the last physics step, (2, 3), m."""
        motion = self.motion
        rotation = matrix_from_quat_xyzw(motion.base_quat_xyzw)
        placement = self._kinematics.place(motion.position)
        in_base = [self._kinematics.locate(placement, sole)[1] for sole in self._kinematics.soles]
        return motion.base_position + np.array(in_base) @ rotation.T

    def _restart_imu(self) -> None:
        motion = self.motion
        rotation = matrix_from_quat_xyzw(motion.base_quat_xyzw)
        self.imu.restart(rotation, motion.base_velocity, rotation.T @ motion.base_turning)

    def _drive(self) -> BodyForces:
        """Return what acts on the joints in the next physics step, by their angles and speeds."""
        motion = self.motion
        position = motion.position
        velocity = motion.velocity
        effort = self.bank.effort(position, velocity, self._pack.voltage)
        self.effort = effort.copy()
        self._power += self.bank.power(effort, velocity)
        now = self._resistance.now
        is_free = self._settling is Settling.FREE
        viscous = self._resistance.free.damping if is_free else now.damping
        held, braked = self._friction.torque(position, velocity, now.friction, viscous)
        if self._resistance.any_locked and self.bank.is_enabled:
            self._faults.bear(held)
        forces: dict[str, np.ndarray] = {}
        for push in self._pushes:
            forces[push.link] = forces.get(push.link, 0.0) + push.force
        if self._settling is Settling.STEADIED:
            forces[self.stage.base] = -STEADYING_RATE_HZ * self.mass * motion.base_velocity
        return BodyForces(self.effort + held + braked, forces)

    def _see(self, motion: BodyMotion) -> None:
        rotation = matrix_from_quat_xyzw(motion.base_quat_xyzw)
        self.imu.add(rotation.T @ motion.base_turning)


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
