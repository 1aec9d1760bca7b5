# SPDX-License-Identifier: Apache-2.0
"""Imagine an ideal robot: joints follow commands, soles never slip, sensors are perfect.

It is for trying the software around a robot (nodes, messages, safety, user interfaces) at almost no
cost, with fault levers.
Its motion is kinematics: no force, not even gravity, moves it; torques are reported, not felt.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from talus_core.driver import Battery, DriverError, DriverSetup, GroundTruth, checked_command
from talus_core.errors import UnknownNameError
from talus_core.parameters import build_config, parameter
from talus_core.physics import GRAVITY_MPS2
from talus_core.rotations import quat_xyzw_from_matrix
from talus_core.state import JointCommand, RobotState
from talus_core.words.body_senses import BodySense
from talus_safety.kernel.measure.body import Body

from talus_simulation.battery import Pack, read_pack
from talus_simulation.drives import DriveBank, read_drives
from talus_simulation.faults.injector import FaultInjector
from talus_simulation.mock_body.footed_base import FootedBase

SERVO_BANDWIDTH_RAD_S = (
    100.0  # rad/s: every joint is a critically damped servo, as fast as 500 Hz commands can use
)
# 1/s: a joint is not faster than this times its way to the end of its range. A knee that comes at
# 3 rad/s brakes over 0.06 rad, as on a soft stop, and does not throw the base up.
SOFT_STOP_RATE_HZ = 50.0


@dataclass(frozen=True)
class MockConfig:
    """Says in which pose the mock starts."""

    start_pose: str = parameter(
        "sit", "Pose of robot.yaml at `connect`; `sit` is where every real start begins."
    )


class MockDriver:
    """Moves each joint as a servo on its command; the soles on the ground share the weight."""

    def __init__(self, setup: DriverSetup):
        description = setup.description
        config = build_config(MockConfig, setup.options)
        if config.start_pose not in description.poses:
            raise UnknownNameError("pose", config.start_pose, description.poses)
        self._description = description
        self._period = setup.period
        self._start = description.poses[config.start_pose]
        self._table = read_drives(description)
        self._body = Body(description)
        self.faults = FaultInjector(
            description, setup.period, setup.seed, lambda fraction: self._pack.set_charge(fraction)
        )
        self.faults.fit(setup.period, GRAVITY_MPS2 * self._body.mass)
        self._bank = DriveBank(self._table, self.faults.drives)
        self._pack = Pack(read_pack(description), float(self._table.standby_power.sum()))
        self._tick = 0
        self._is_open = False
        self._state: RobotState | None
        self._position: np.ndarray
        self._velocity: np.ndarray
        self._effort: np.ndarray
        self._base: FootedBase
        self._place()

    @property
    def joint_names(self) -> tuple[str, ...]:
        """Names of the joints in the order of robot.yaml."""
        return self._description.joint_names

    @property
    def period(self) -> float:
        """Control period in s."""
        return self._period

    @property
    def unfelt(self) -> frozenset[BodySense]:
        """What it cannot feel: no torque moves it, and no foot bears its weight."""
        return frozenset({BodySense.LOAD})

    @property
    def time(self) -> float:
        """Simulated time since the start, s."""
        return self._tick * self._period

    @property
    def soles(self) -> np.ndarray:
        """Places of the left and the right sole in the world, (2, 3), m."""
        return self._base.soles

    def connect(self) -> None:
        """Lay the robot down limp at the start pose."""
        if self._is_open:
            return
        self._tick = 0
        self._is_open = True
        self.reset()

    def read(self, now: float) -> RobotState:
        """Return the state at this tick, the same however often it is read."""
        if not self._is_open:
            raise DriverError("mock: read before connect")
        if self._state is not None:
            return self._state
        base = self._base
        to_imu = self._body.imu.rotation.T
        wrenches = np.zeros((2, 6))
        wrenches[:, 2] = GRAVITY_MPS2 * self._body.mass * base.shares
        state = RobotState(
            sequence=self._tick,
            time=now,
            steady_time_ns=time.monotonic_ns(),
            position=self._position.copy(),
            velocity=self._velocity.copy(),
            effort=self._effort.copy(),
            angular_velocity=to_imu @ base.angular_velocity,
            linear_acceleration=to_imu @ base.specific_force(GRAVITY_MPS2),
            foot_wrenches=wrenches,
            torque_enabled=self._bank.is_enabled,
        )
        seen = self.faults.sense(state)
        self._state = seen
        return seen

    def write(self, command: JointCommand) -> JointCommand:
        """Follow `command` from now on."""
        if not self._is_open:
            raise DriverError("mock: write before connect")
        checked_command(command, len(self.joint_names))
        return self._bank.hold(self.faults.hold(command, self._bank.command))

    def stop(self) -> None:
        """Switch torque off; the windings brake the joints."""
        self._bank.release()

    def cut(self, joints: Sequence[int]) -> None:
        """Switch torque off for these drives alone, and on again for all others."""
        self._bank.cut(self.faults.hear(joints))

    def close(self) -> None:
        """Let go of everything."""
        self._bank.release()
        self._is_open = False

    def battery(self) -> Battery:
        """Return the pack's state, drained by computing, standby and the joints' work."""
        return self.faults.report(self._pack.report())

    def advance(self) -> None:
        """Let one period pass; the joints come to rest at the ends of their ranges."""
        dt = self._period
        limits = self._description.limits
        self._pack.sag = self.faults.sag()
        self._effort = self._bank.effort(self._position, self._velocity, self._pack.voltage).copy()
        self._pack.drain(self._bank.power(self._effort, self._velocity), dt)
        velocity = self._velocity + dt * self._acceleration()
        velocity = np.where(
            self.faults.drives.locked, 0.0, np.clip(velocity, -limits.velocity, limits.velocity)
        )
        low = SOFT_STOP_RATE_HZ * (limits.lower - self._position)
        high = SOFT_STOP_RATE_HZ * (limits.upper - self._position)
        self._velocity = np.clip(velocity, low, high)
        self._position = np.clip(self._position + dt * self._velocity, limits.lower, limits.upper)
        self._base.move(self._position, dt)
        self._tick += 1
        self.faults.begin_tick(self._tick)
        self._state = None

    def reset(self) -> None:
        """Put the robot back to the start pose, limp; time goes on."""
        self._bank.release()
        self.faults.clear()
        self._place()

    def ground_truth(self) -> GroundTruth:
        """Return where the base is, by the soles that never slip."""
        base = self._base
        quat_xyzw = quat_xyzw_from_matrix(base.rotation)
        return GroundTruth(
            base.position.copy(), quat_xyzw, base.velocity.copy(), base.angular_velocity.copy()
        )

    def push(self, link: str, impulse: np.ndarray, duration: float) -> None:
        """Refuse a push: no force moves the mock."""
        raise DriverError("the mock cannot be pushed, no force moves it; use the driver mujoco")

    def set_friction(self, target: str, friction: float) -> None:
        """Refuse a friction: the mock's soles never slip."""
        raise DriverError("the mock never slips; use the driver mujoco")

    def _acceleration(self) -> np.ndarray:
        """Return the servos' acceleration, (n,), rad/s^2.

        A joint without stiffness follows the velocity only, a limp one is braked.
        """
        command = self._bank.command
        if command is None:
            return -SERVO_BANDWIDTH_RAD_S * self._velocity
        pull = np.where(
            command.kp > 0.0, SERVO_BANDWIDTH_RAD_S**2 * (command.position - self._position), 0.0
        )
        acceleration = pull + 2.0 * SERVO_BANDWIDTH_RAD_S * (command.velocity - self._velocity)
        faults = self.faults.drives
        if (
            faults.touched.any()
        ):  # those are moved by their torque, against a drag that lets the peak reach top speed
            driven = self._description.limits.velocity * self._effort / self._table.effort
            acceleration = np.where(
                faults.touched, SERVO_BANDWIDTH_RAD_S * (driven - self._velocity), acceleration
            )
        return np.where(self._bank.is_cut, -SERVO_BANDWIDTH_RAD_S * self._velocity, acceleration)

    def _place(self) -> None:
        self._state = None
        self._position = self._start.copy()
        self._velocity = np.zeros(len(self._start))
        self._effort = np.zeros(len(self._start))
        self._base = FootedBase(self._body, self._start)
