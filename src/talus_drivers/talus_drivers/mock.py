# SPDX-License-Identifier: Apache-2.0
"""An ideal robot without physics of balance: bolted down by its pelvis, with joints that follow and perfect sensors.

For trying the software around a robot (nodes, messages, safety, user interfaces) at almost no cost, with fault levers.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from xml.etree import ElementTree

import numpy as np
from talus_core.driver import Battery, DriverError, DriverSetup, GroundTruth
from talus_core.errors import UnknownNameError
from talus_core.parameters import build_config, parameter
from talus_core.state import JointCommand, RobotState

from talus_drivers.battery import Pack, read_pack
from talus_drivers.drives import DriveBank, checked_command, read_drives
from talus_drivers.faults import SensorFaults

GRAVITY = 9.81  # m/s^2
LINK_INERTIA = 0.1  # kg m^2 beside the rotor's: makes the response of all joints alike, about that of a forearm


@dataclass(frozen=True)
class MockConfig:
    """Options of the mock."""

    start_pose: str = parameter("sit", "Pose of robot.yaml at `connect`; `sit` is where every real start begins.")


class MockDriver:
    """Each joint is a second-order system of fixed inertia under its drive; the feet share the weight evenly."""

    def __init__(self, setup: DriverSetup):
        description = setup.description
        config = build_config(MockConfig, setup.options)
        if config.start_pose not in description.poses:
            raise UnknownNameError("pose", config.start_pose, description.poses)
        self.faults = SensorFaults()
        self._description = description
        self._period = setup.period
        self._start = description.poses[config.start_pose]
        self._table = read_drives(description)
        self._inertia = self._table.rotor_inertia + LINK_INERTIA
        self._bank = DriveBank(self._table)
        self._pack = Pack(read_pack(description), float(self._table.standby_power.sum()))
        self._weight = GRAVITY * _mass(description.urdf)
        self._tick = 0
        self._is_open = False
        self._place()

    @property
    def joint_names(self) -> tuple[str, ...]:
        """In the order of robot.yaml."""
        return self._description.joint_names

    @property
    def period(self) -> float:
        """Control period in s."""
        return self._period

    @property
    def time(self) -> float:
        """Simulated s."""
        return self._tick * self._period

    def connect(self) -> None:
        """Limp, at the start pose."""
        self._is_open = True
        self.reset()

    def read(self, now: float) -> RobotState:
        """The state at this tick."""
        if not self._is_open:
            raise DriverError("mock: read before connect")
        wrench = np.zeros((2, 6))
        wrench[:, 2] = 0.5 * self._weight
        state = RobotState(
            sequence=self._tick,
            time=now,
            steady_time_ns=time.monotonic_ns(),
            position=self._position.copy(),
            velocity=self._velocity.copy(),
            effort=self._effort.copy(),
            angular_velocity=np.zeros(3),
            linear_acceleration=np.array([0.0, 0.0, GRAVITY]),
            foot_wrenches=wrench,
            torque_enabled=self._bank.is_enabled,
        )
        return self.faults(state)

    def write(self, command: JointCommand) -> JointCommand:
        """Follow `command` from now on."""
        if not self._is_open:
            raise DriverError("mock: write before connect")
        checked_command(command, len(self.joint_names))
        return self._bank.hold(command)

    def stop(self) -> None:
        """Torque off; the windings brake the joints."""
        self._bank.release()

    def close(self) -> None:
        """Nothing is held."""
        self._bank.release()
        self._is_open = False

    def battery(self) -> Battery:
        """Drained by computing, standby and the joints' work."""
        return self._pack.report()

    def advance(self) -> None:
        """One period: velocity by implicit Euler in the brake, explicit in the drive; stops at the joint limits."""
        dt, limits = self._period, self._description.limits
        self._effort = self._bank.effort(self._position, self._velocity, self._pack.voltage).copy()
        self._pack.drain(self._bank.power(self._effort, self._velocity), dt)
        self._velocity += dt * self._effort / self._inertia
        if not self._bank.is_enabled:
            self._velocity /= 1.0 + dt * self._table.brake_damping / self._inertia
        position = self._position + dt * self._velocity
        self._position = np.clip(position, limits.lower, limits.upper)
        self._velocity[position != self._position] = 0.0
        self._tick += 1

    def reset(self) -> None:
        """Back to the start pose, limp; time goes on."""
        self._bank.release()
        self._place()

    def ground_truth(self) -> GroundTruth:
        """The pelvis never moves: it is the origin of the world."""
        return GroundTruth(np.zeros(3), np.array([0.0, 0.0, 0.0, 1.0]), np.zeros(3), np.zeros(3))

    def push(self, link: str, impulse: np.ndarray, duration: float) -> None:
        """Refused: the pelvis is bolted down."""
        raise DriverError("the mock cannot be pushed: its pelvis is bolted down; use the driver mujoco")

    def set_friction(self, target: str, friction: float) -> None:
        """Refused: there is no ground."""
        raise DriverError("the mock stands on no ground; use the driver mujoco")

    def _place(self) -> None:
        self._position = self._start.copy()
        self._velocity = np.zeros(len(self._start))
        self._effort = np.zeros(len(self._start))


def _mass(urdf) -> float:
    return sum(float(mass.get("value")) for mass in ElementTree.parse(urdf).getroot().iter("mass"))
