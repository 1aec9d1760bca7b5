# SPDX-License-Identifier: Apache-2.0
"""Gives a robot that some physics moves the verbs of a driver: the same for every simulator."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from talus_core.driver import Battery, DriverError, DriverSetup, checked_command
from talus_core.state import JointCommand, RobotState

from talus_simulation.battery import Pack, read_pack
from talus_simulation.drives import DriveBank, read_drives
from talus_simulation.faults.injector import FaultInjector
from talus_simulation.noise import NoiseConfig, SensorNoise


class PhysicalDriver(ABC):
    """Holds what does not depend on the physics: drives, battery, noise, faults and the ticks.

    Attributes:
        driver_name: Under which it is known, for its messages.
        faults: What fails, and what fails next.
    """

    driver_name: ClassVar[str]

    def __init__(self, setup: DriverSetup):
        """Read drives and battery of the robot. Raises DriverError."""
        description = setup.description
        self._setup = setup
        self._table = read_drives(description)
        self._pack_data = read_pack(description)
        self.faults = FaultInjector(description, setup.period, setup.seed, self._set_charge)
        self._tick = 0
        self._state: RobotState | None = None
        self._is_open = False

    @property
    @abstractmethod
    def _bank(self) -> DriveBank:
        """Return the drives that hold the joints."""

    @abstractmethod
    def _true_state(self, now: float) -> RobotState:
        """Return the state at this tick as it is, before noise and faults."""

    @abstractmethod
    def reset(self) -> None:
        """Put the robot back to its start, limp and at rest; time goes on."""

    @property
    def joint_names(self) -> tuple[str, ...]:
        """Names of the joints in the order of robot.yaml."""
        return self._setup.description.joint_names

    @property
    def period(self) -> float:
        """Control period in s."""
        return self._setup.period

    @property
    def time(self) -> float:
        """Simulated time since `connect`, s."""
        return self._tick * self._setup.period

    @property
    def energy_used(self) -> float:
        """Energy taken from the battery since `connect`, J."""
        return self._pack.energy_used

    @property
    def torque_left(self) -> np.ndarray:
        """Part of its peak that each drive says it can still give, (n,)."""
        return self.faults.drives.left

    def read(self, now: float) -> RobotState:
        """Return the state at this tick as sensors see it, the same however often it is read."""
        self._require_open("read")
        if self._state is None:
            self._state = self.faults.sense(self._noise(self._true_state(now)))
        return self._state

    def write(self, command: JointCommand) -> JointCommand:
        """Follow `command` until the next."""
        self._require_open("write")
        checked_command(command, len(self.joint_names))
        return self._bank.hold(self.faults.hold(command, self._bank.command))

    def stop(self) -> None:
        """Switch torque off and short the windings."""
        self._bank.release()

    def cut(self, joints: Sequence[int]) -> None:
        """Switch torque off for these drives alone, and on again for all others."""
        self._bank.cut(self.faults.hear(joints))

    def close(self) -> None:
        """Let go of everything."""
        self._bank.release()
        self._is_open = False

    def battery(self) -> Battery:
        """Return the pack's state as its own electronics report it."""
        self._require_open("battery")
        return self.faults.report(self._pack.report())

    def _open(self, noise: NoiseConfig, charge_fraction: float, mass: float) -> None:
        """Begin at tick 0 with a charged battery, and sensors for a robot of that mass, kg."""
        self._tick = 0
        standby = float(self._table.standby_power.sum())
        self._pack = Pack(self._pack_data, standby, charge_fraction)
        self._noise = SensorNoise(noise, self._table.effort, self._setup.seed, mass)
        self._is_open = True

    def _end_tick(self) -> None:
        """Count the tick whose physics has passed."""
        self._tick += 1
        self.faults.begin_tick(self._tick)
        self._state = None

    def _set_charge(self, fraction: float) -> None:
        self._pack.set_charge(fraction)

    def _require_open(self, verb: str) -> None:
        if not self._is_open:
            raise DriverError(f"{self.driver_name}: {verb} before connect")
