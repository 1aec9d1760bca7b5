# SPDX-License-Identifier: Apache-2.0
"""Puts simulated time, and what no bus carries, on top of a driver whose buses are simulated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np
from talus_core.driver import Battery, Derating, Driver, GroundTruth, Remarked, SingleCut
from talus_core.robot import RobotDescription
from talus_core.state import JointCommand, RobotState

from talus_drive_simulator.stage.client import StageClient
from talus_drive_simulator.stage.remote_faults import RemoteFaults


class DriveDriver(Driver, SingleCut, Derating, Remarked, Protocol):
    """Says what a driver of single drives offers, on real buses or simulated ones."""


class SimulatedCanDriver:
    """Is a driver with the body of a drive simulator behind its buses; see `Simulated`.

    It forwards time and stage business to the simulator, puts IMU and feet into the state, and
    the pack in the place of the driver's own.

    Attributes:
        faults: Faults of messages, wires, drives and body.
    """

    def __init__(self, driver: DriveDriver, stage: StageClient, robot: RobotDescription):
        """Take the driver that speaks to the buses, the simulator's other socket, the robot."""
        self.faults = RemoteFaults(robot, driver.period, stage)
        self._driver = driver
        self._stage = stage

    @property
    def joint_names(self) -> tuple[str, ...]:
        """Return the names in the order of every joint array."""
        return self._driver.joint_names

    @property
    def period(self) -> float:
        """Return the control period, s."""
        return self._driver.period

    @property
    def time(self) -> float:
        """Return the simulated time since the start, s."""
        return self._stage.time

    @property
    def torque_left(self) -> np.ndarray:
        """Return the share of its peak torque that each drive can still give, (n,), 0 to 1."""
        return self._driver.torque_left

    @property
    def energy_used(self) -> float:
        """Return the energy taken from the battery since the start, J."""
        return self._stage.energy_used

    @property
    def qpos(self) -> np.ndarray:
        """Return MuJoCo's generalised positions of the whole scene, (nq,)."""
        return self._stage.qpos()

    @property
    def remarks(self) -> Sequence[str]:
        """Return what the driver took otherwise than it was given."""
        return self._driver.remarks

    def connect(self) -> None:
        """Open the buses. Raises DriverError."""
        self._driver.connect()

    def read(self, now: float) -> RobotState:
        """Return what the drives reported, with the senses that the simulator tells."""
        senses = self._stage.senses
        return replace(
            self._driver.read(now),
            angular_velocity=senses.angular_velocity,
            linear_acceleration=senses.linear_acceleration,
            foot_wrenches=senses.foot_wrenches,
        )

    def write(self, command: JointCommand) -> JointCommand:
        """Send a command, which acts as time passes."""
        return self._driver.write(command)

    def stop(self) -> None:
        """Cut all torque. Never raises."""
        self._driver.stop()

    def cut(self, joints: Sequence[int]) -> None:
        """Cut the torque of these joints until the next call. Never raises."""
        self._driver.cut(joints)

    def close(self) -> None:
        """Let go of the buses and of the simulator, which ends. Idempotent."""
        self._driver.close()
        self._stage.close()

    def battery(self) -> Battery:
        """Return the state of the simulated pack."""
        return self._stage.senses.battery

    def advance(self) -> None:
        """Let one period pass under what was sent."""
        self._stage.advance()
        self.faults.begin_tick(round(self._stage.time / self.period))

    def reset(self) -> None:
        """Put the body back into its start, limp, and end all faults."""
        self._driver.stop()
        self.faults.clear()
        self._stage.reset()

    def ground_truth(self) -> GroundTruth:
        """Return where the base really is."""
        return self._stage.ground_truth()

    def push(self, link: str, impulse: np.ndarray, duration: float) -> None:
        """Push a link. Raises ValueError."""
        self._stage.push(link, impulse, duration)

    def set_friction(self, target: str, friction: float) -> None:
        """Change the friction of a target. Raises ValueError."""
        self._stage.set_friction(target, friction)
