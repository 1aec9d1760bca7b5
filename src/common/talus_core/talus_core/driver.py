# SPDX-License-Identifier: Apache-2.0
"""Defines the seam between Talus and a body: five verbs, and protocols for further offers."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

import numpy as np

from talus_core.errors import TalusError
from talus_core.graph.channel import Channel
from talus_core.robot import RobotDescription
from talus_core.state import JointCommand, RobotState
from talus_core.words.body_senses import BodySense

COMMAND_ARRAYS = ("position", "velocity", "effort", "kp", "kd")  # of a JointCommand, gains last


class DriverError(TalusError):
    """Says that a driver cannot connect, read or write; the message names port and cause."""


def checked_command(command: JointCommand, size: int) -> None:
    """Refuse a wrong size, a number that is not finite, or a negative gain with DriverError."""
    for name in COMMAND_ARRAYS:
        if np.shape(getattr(command, name)) != (size,):
            shape = np.shape(getattr(command, name))
            raise DriverError(
                f"command {command.sequence}: {name} has shape {shape}, not ({size},)"
            )
    table = np.concatenate(
        [getattr(command, name) for name in COMMAND_ARRAYS]
    )  # one check of all: five times faster
    if not np.isfinite(table).all():
        bad = [name for name in COMMAND_ARRAYS if not np.isfinite(getattr(command, name)).all()]
        raise DriverError(f"command {command.sequence}: not finite: {', '.join(bad)}")
    if (table[3 * size :] < 0.0).any():
        raise DriverError(f"command {command.sequence}: a gain is negative")


@dataclass(frozen=True)
class DriverSetup:
    """Holds what a driver plug-in's entry point (`talus.drivers`) is called with.

    Attributes:
        description: Description of the robot.
        period: Control period, s.
        world: Name or file of the world to simulate; hardware ignores it.
        seed: Seed of all that is random in a simulated body; hardware ignores it.
        options: The driver's own settings by dotted name, as its YAML file gives them.
        worlds: Folder of the worlds that have names; empty: `worlds` beside the robot's folder.
    """

    description: RobotDescription
    period: float = 0.002
    world: str = "flat"
    seed: int = 0
    options: Mapping[str, Any] = field(default_factory=dict)
    worlds: str = ""


@dataclass(frozen=True)
class Battery:
    """Holds the state of the battery pack, as the pack reports it.

    Attributes:
        voltage: Voltage at the terminals, V.
        current: Current, A; negative while discharging (as in sensor_msgs/BatteryState).
        energy: Energy left, J.
        capacity: Energy when full, J.
        temperature: Temperature, degrees Celsius.
    """

    voltage: float
    current: float
    energy: float
    capacity: float
    temperature: float

    @property
    def charge_fraction(self) -> float:
        """Return the energy left over the capacity, 0 to 1."""
        return self.energy / self.capacity


@runtime_checkable
class Driver(Protocol):
    """Drives a body, real or simulated; found by entry point in the group `talus.drivers`."""

    @property
    def joint_names(self) -> tuple[str, ...]:
        """Return the names in the order of every joint array; readable before `connect`."""

    @property
    def period(self) -> float:
        """Return the control period, s: how often `read` has something new."""

    def connect(self) -> None:
        """Open the bus; the robot is limp or held, at rest afterwards. Raises DriverError.

        A driver may try its joints with a small torque meanwhile, by hundredths of a radian.
        """

    def read(self, now: float) -> RobotState:
        """Return the newest state within one period; `now` is ROS time, s."""

    def write(self, command: JointCommand) -> JointCommand:
        """Enable torque if it was off and apply the command.

        Returns what was really sent, after the drives' limits.
        """

    def stop(self) -> None:
        """Cut torque, with the drives braking dynamically. Never raises; idempotent."""

    def close(self) -> None:
        """Release the bus, so that nothing holds it afterwards. Idempotent."""

    def battery(self) -> Battery:
        """Return the pack's state, as it was last reported."""


@runtime_checkable
class SingleCut(Protocol):
    """Switches drives off one by one, as by a servo's own enable line; a driver may offer it."""

    def cut(self, joints: Sequence[int]) -> None:
        """Cut the torque of these joints until the next call, whatever is written. Never raises.

        The joints brake dynamically meanwhile.
        """


@runtime_checkable
class Derating(Protocol):
    """Reports how much torque the drives can still give; a driver may offer it."""

    @property
    def torque_left(self) -> np.ndarray:
        """Return the share of its peak torque that each drive can still give, (n,), 0 to 1."""


@runtime_checkable
class Aged(Protocol):
    """Says how old each joint's numbers are, where drives report one by one; a driver may offer it.

    What was not reported anew stays as it was in the state; a joint that is silent for longer than
    its drive would keep torque without commands reports no speed and no torque.
    """

    @property
    def ages(self) -> np.ndarray:
        """Return how long ago each joint's drive reported last, (n,), s."""

    @property
    def missed(self) -> np.ndarray:
        """Return in how many periods since `connect` each joint's drive did not report, (n,)."""


@runtime_checkable
class Diagnosed(Protocol):
    """Tells the condition of what it drives, for diagnostics; a driver may offer it."""

    @property
    def diagnostics(self) -> Mapping[str, float | str]:
        """Return numbers and words by name, which the driver node publishes among its own."""

    @property
    def complaints(self) -> Sequence[str]:
        """Return what is wrong now, one line each; any makes the diagnostics a warning."""


@runtime_checkable
class EnergyMetered(Protocol):
    """Counts the energy that the robot has used from `connect` on; a driver may offer this."""

    @property
    def energy_used(self) -> float:
        """Return the energy taken from the battery since `connect`, J."""


@runtime_checkable
class PartlyFelt(Protocol):
    """Says what a simulated body cannot feel; safety then asks nothing that follows from it.

    Only a driver that is `Simulated` too is believed: a real body is asked everything.
    """

    @property
    def unfelt(self) -> Collection[BodySense]:
        """Return the senses that the body lacks; what it reports for them is imagined."""


@dataclass(frozen=True)
class Injection:
    """Describes a staged fault, and the moment from which it acts.

    Attributes:
        name: Name in the catalogue of faults.
        target: Joint, group or foot that it acts on; empty where it has none.
        severity: Severity in the unit of its catalogue entry.
        duration: Duration, s; 0 for a fault that does not end by itself.
        tick: Control period from which on it acts.
        time: Simulated time of that tick, s.
        ends: Tick at which it ends; None where it does not end by itself.
        active: Whether it acts; False in the record of its end.
    """

    name: str
    target: str
    severity: float
    duration: float
    tick: int
    time: float
    ends: int | None = None
    active: bool = True


class StagedFaults(Protocol):
    """Holds the faults of a body, as far as its driver process must know them."""

    @property
    def states(self) -> Channel:
        """Return the channel of robot states from the body to the nodes."""

    @property
    def commands(self) -> Channel:
        """Return the channel of joint commands from the nodes to the last gate."""

    @property
    def permits(self) -> Channel:
        """Return the channel of torque permits from the supervisor to the last gate."""

    @property
    def active(self) -> Sequence[Injection]:
        """Return the faults that act now, oldest first."""


@runtime_checkable
class FaultStage(Protocol):
    """Stages faults on purpose; a simulated body may offer it."""

    @property
    def faults(self) -> StagedFaults:
        """Return the faults of this body."""


@runtime_checkable
class Remarked(Protocol):
    """Tells what a body took otherwise than it was given; a driver may offer it."""

    @property
    def remarks(self) -> Sequence[str]:
        """Return one line for each thing, with the file it is from; the node logs them."""


@runtime_checkable
class Posable(Protocol):
    """Tells the pose of a whole MuJoCo scene, for rendering in another process."""

    @property
    def qpos(self) -> np.ndarray:
        """Return MuJoCo's generalised positions of the whole scene, (nq,)."""


@dataclass(frozen=True)
class GroundTruth:
    """Holds the simulator's own knowledge of the base: for judging, never for control.

    Attributes:
        position: (3,) position of base_link in the world, m.
        quat_xyzw: (4,) rotation from base_link to the world.
        linear_velocity: (3,) velocity of base_link in the world, m/s.
        angular_velocity: (3,) turn rate in base_link, rad/s.
    """

    position: np.ndarray
    quat_xyzw: np.ndarray
    linear_velocity: np.ndarray
    angular_velocity: np.ndarray


@runtime_checkable
class Simulated(Driver, Protocol):
    """Drives a body whose time the caller controls; a hardware driver offers none of this."""

    @property
    def time(self) -> float:
        """Return the simulated time since the start, s; it never jumps back, even at `reset`."""

    def advance(self) -> None:
        """Let one period pass under the command last written."""

    def reset(self) -> None:
        """Put the body back into the start pose, torque off."""

    def ground_truth(self) -> GroundTruth:
        """Return where the base really is."""

    def push(self, link: str, impulse: np.ndarray, duration: float) -> None:
        """Spread an impulse (3,), N s in the world frame, over `duration`, s, on a link.

        `link` is the name of a link, or of a frame in robot.yaml, such as `torso`.

        Raises UnknownNameError or ValueError.
        """

    def set_friction(self, target: str, friction: float) -> None:
        """Set the Coulomb friction of `floor`, `left_foot` or `right_foot`.

        Raises UnknownNameError or ValueError.
        """
