# SPDX-License-Identifier: Apache-2.0
"""The seam between Talus and a body: five verbs, plus what only a simulated body can do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

import numpy as np

from talus_core.errors import TalusError
from talus_core.robot import RobotDescription
from talus_core.state import JointCommand, RobotState


class DriverError(TalusError):
    """A driver cannot connect, read or write; the message names the port and the cause."""


@dataclass(frozen=True)
class DriverSetup:
    """What a driver plug-in is built from: an entry point in the group `talus.drivers` is called with one of these.

    Attributes:
        description: The robot.
        period: Control period in s.
        world: Name or file of the world to simulate; hardware ignores it.
        seed: Of all that is random in a simulated body; hardware ignores it.
        options: The driver's own settings by dotted name, as its YAML file gives them.
    """

    description: RobotDescription
    period: float = 0.002
    world: str = "flat"
    seed: int = 0
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Battery:
    """What the pack reports.

    Attributes:
        voltage: V at the terminals.
        current: A, negative while discharging (as in sensor_msgs/BatteryState).
        energy: J left.
        capacity: J when full.
        temperature: degrees Celsius.
    """

    voltage: float
    current: float
    energy: float
    capacity: float
    temperature: float

    @property
    def charge_fraction(self) -> float:
        """Energy left over capacity, 0 to 1."""
        return self.energy / self.capacity


@runtime_checkable
class Driver(Protocol):
    """A body: real, simulated or imagined. Found by entry point in the group `talus.drivers`."""

    @property
    def joint_names(self) -> tuple[str, ...]:
        """Order of every joint array; readable before `connect`."""

    @property
    def period(self) -> float:
        """Control period in s: how often `read` has something new."""

    def connect(self) -> None:
        """Open the bus. The robot is limp or held, never moving. Raises DriverError."""

    def read(self, now: float) -> RobotState:
        """The newest state; never blocks longer than one period. `now` is ROS time in s."""

    def write(self, command: JointCommand) -> JointCommand:
        """Enable torque if it was off, apply the command, return what was really sent after the drives' limits."""

    def stop(self) -> None:
        """Torque off with the drives braking dynamically. Never raises; idempotent."""

    def close(self) -> None:
        """Afterwards nothing holds the bus. Idempotent."""

    def battery(self) -> Battery:
        """The pack, as last reported."""


@runtime_checkable
class SingleCut(Protocol):
    """What a driver may offer besides: drives that can be switched off one by one, as by a servo's own enable line."""

    def cut(self, joints: Sequence[int]) -> None:
        """These joints have no torque and brake dynamically whatever is written, until the next call. Never raises."""


@dataclass(frozen=True)
class GroundTruth:
    """The simulator's own knowledge of the base: for judging, never for control.

    Attributes:
        position: (3,) m of base_link in the world.
        quat_xyzw: (4,) rotation of base_link to the world.
        linear_velocity: (3,) m/s of base_link in the world.
        angular_velocity: (3,) rad/s in base_link.
    """

    position: np.ndarray
    quat_xyzw: np.ndarray
    linear_velocity: np.ndarray
    angular_velocity: np.ndarray


@runtime_checkable
class SimulatedDriver(Driver, Protocol):
    """A body whose time is in our hands. A hardware driver offers none of this."""

    @property
    def time(self) -> float:
        """Simulated s since the start; never jumps backwards, not even at `reset`."""

    def advance(self) -> None:
        """Let one period pass under the command last written."""

    def reset(self) -> None:
        """Back to the start pose, torque off."""

    def ground_truth(self) -> GroundTruth:
        """Where the base really is."""

    def push(self, link: str, impulse: np.ndarray, duration: float) -> None:
        """Spread an impulse (3,) N s in the world frame over `duration` s on a link.

        Raises UnknownNameError, ValueError.
        """

    def set_friction(self, target: str, friction: float) -> None:
        """Coulomb friction of `floor`, `left_foot` or `right_foot`. Raises UnknownNameError, ValueError."""
