# SPDX-License-Identifier: Apache-2.0
"""Puts simulated time, and what no bus carries, on top of a driver whose buses are simulated."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np
from talus_core.driver import (
    Aged,
    Battery,
    Derating,
    Diagnosed,
    Driver,
    DriverError,
    GroundTruth,
    Remarked,
    SingleCut,
)
from talus_core.robot import RobotDescription
from talus_core.state import JointCommand, RobotState

from talus_drive_simulator.stage.client import StageClient
from talus_drive_simulator.stage.remote_faults import RemoteFaults


class DriveDriver(Driver, SingleCut, Derating, Aged, Diagnosed, Remarked, Protocol):
    """Says what a driver of single drives offers, on real buses or simulated ones."""


class Stage(Protocol):
    """Is a drive simulator that can be started and ended."""

    @property
    def client(self) -> StageClient:
        """Return what asks it for simulated time."""

    def start(self) -> None:
        """Start the simulator, where it does not run. Raises DriverError."""

    def end(self) -> None:
        """End the simulator. Idempotent."""


class SimulatedCanDriver:
    """Is a driver with the body of a drive simulator behind its buses; see `Simulated`.

    The simulator runs from `connect` to `close`. Time is counted from the end of `connect`: that
    the drives were found and proven takes some before.

    Attributes:
        faults: Faults of messages, wires, drives and body.
    """

    def __init__(self, driver: DriveDriver, stage: Stage, robot: RobotDescription):
        """Take the driver that speaks to the buses, the simulator behind them, the robot."""
        self.faults = RemoteFaults(robot, driver.period, stage.client)
        self._driver = driver
        self._runs = stage
        self._stage = stage.client
        self._tick = 0
        self._state: RobotState | None = None
        self._is_open = False

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
        """Return the simulated time since `connect`, s."""
        return self._tick * self.period

    @property
    def torque_left(self) -> np.ndarray:
        """Return the share of its peak torque that each drive can still give, (n,), 0 to 1."""
        return self._driver.torque_left

    @property
    def ages(self) -> np.ndarray:
        """Return how long ago each joint's drive reported last, (n,), s."""
        return self._driver.ages

    @property
    def missed(self) -> np.ndarray:
        """Return in how many periods since `connect` each joint's drive did not report, (n,)."""
        return self._driver.missed

    @property
    def diagnostics(self) -> Mapping[str, float | str]:
        """Return the condition of buses and drives."""
        return self._driver.diagnostics

    @property
    def complaints(self) -> Sequence[str]:
        """Return what is wrong with them now, one line each."""
        return self._driver.complaints

    @property
    def energy_used(self) -> float:
        """Return the energy taken from the battery since the start, J."""
        return self._stage.energy_used

    @property
    def qpos(self) -> np.ndarray:
        """Return MuJoCo's generalised positions of the scene, (nq,); none before `connect`."""
        return self._stage.qpos() if self._stage.is_open else np.zeros(0)

    @property
    def soles(self) -> np.ndarray:
        """Return the true places of both soles in the world, (2, 3), m."""
        return self._stage.soles()

    @property
    def remarks(self) -> Sequence[str]:
        """Return what the driver took otherwise than it was given."""
        return self._driver.remarks

    def prepare(self) -> None:
        """Start the simulator alone: what is broken now, `connect` finds. Raises DriverError."""
        if not self._stage.is_open:
            self._runs.start()

    def connect(self) -> None:
        """Start the simulator and open the buses. Raises DriverError."""
        if self._is_open:
            return
        self.prepare()
        self._is_open = True
        self._tick = 0
        try:
            self._begin()
        except BaseException:
            self.close()
            raise

    def read(self, now: float) -> RobotState:
        """Return what the drives reported, the same however often it is read in a period."""
        if self._state is None:
            self._state = replace(
                self._driver.read(now),
                sequence=self._tick,
                time=now,
                steady_time_ns=time.monotonic_ns(),
            )
        return self._state

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
        self._runs.end()
        self._state = None
        self._is_open = False

    def battery(self) -> Battery:
        """Return the state of the simulated pack."""
        self._require_open("battery")
        return self._stage.senses.battery

    def advance(self) -> None:
        """Let one period pass under what was sent."""
        self._require_open("advance")
        self._stage.advance()
        self._tick += 1
        self._state = None
        self.faults.begin_tick(self._tick)

    def reset(self) -> None:
        """Put the body back into its start, limp, end all faults, and prove the drives anew."""
        self._require_open("reset")
        self._driver.stop()
        self.faults.clear()
        self._stage.reset()
        self._driver.close()
        self._begin()

    def ground_truth(self) -> GroundTruth:
        """Return where the base really is."""
        return self._stage.ground_truth()

    def touching(self) -> Mapping[str, float]:
        """Return the links, but the feet, that touch the ground, with N each: for judging."""
        return self._stage.touching()

    def push(self, link: str, impulse: np.ndarray, duration: float) -> None:
        """Push a link. Raises ValueError."""
        self._stage.push(link, impulse, duration)

    def set_friction(self, target: str, friction: float) -> None:
        """Change the friction of a target. Raises ValueError."""
        self._stage.set_friction(target, friction)

    def _begin(self) -> None:
        """Find and prove the drives, and begin where they stand at rest."""
        self._driver.connect()
        self._stage.lay_down()
        self.faults.early = round(self._stage.time / self.period) - self._tick
        self._state = None

    def _require_open(self, verb: str) -> None:
        if not self._is_open:
            raise DriverError(f"can: {verb} before connect")
