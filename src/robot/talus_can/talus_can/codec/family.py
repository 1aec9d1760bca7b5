# SPDX-License-Identifier: Apache-2.0
"""Defines the seam of the drive families: what each can do, and the frames for it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Protocol

import numpy as np
from talus_core.errors import TalusError

from talus_can.codec.drives import Drives
from talus_can.codec.feedback import DecodedFrames, DriveSetting, Feedback
from talus_can.codec.targets import Quantity, Targets
from talus_can.frames import FrameBatch
from talus_can.load import FrameShape


class UnsupportedError(TalusError):
    """Says that a family has no frame for what is asked, and what it has instead."""


def unsupported(kind: str, name: str, known: Collection[Enum]) -> UnsupportedError:
    """Return the error for what a family lacks, with what it has."""
    listed = ", ".join(sorted(item.name.lower() for item in known)) or "none"
    return UnsupportedError(f"this drive has no {kind} '{name.lower()}'; it has: {listed}")


class ControlMode(Enum):
    """Names what a drive regulates while it gets commands."""

    IMPEDANCE = auto()  # effort + kp (position - q) + kd (velocity - dq), in the drive
    POSITION = auto()
    VELOCITY = auto()
    EFFORT = auto()


class GainSupport(Enum):
    """Says how the stiffness and damping of a command reach a drive."""

    IN_EVERY_COMMAND = auto()
    BY_SEPARATE_FRAMES = auto()  # `Family.gain_frames`, sent when they change
    NONE = auto()  # the host must make torques of them, or do without


class ReplyKind(Enum):
    """Says when a drive reports."""

    ON_COMMAND = auto()  # one report for every command
    ON_SYNC = auto()  # after the frame that ends a tick's commands
    CYCLIC = auto()  # by its own clock, at the rate that it is set to


class Reported(Enum):
    """Names what a family reports beside position and velocity."""

    EFFORT = auto()
    MOTOR_TEMPERATURE = auto()
    DRIVE_TEMPERATURE = auto()
    STATE = auto()  # whether it gives torque
    FAULT = auto()


class Order(Enum):
    """Names what a drive can be told beside its targets."""

    ENABLE = auto()
    DISABLE = auto()  # no torque
    CLEAR_FAULTS = auto()
    SET_ZERO = auto()  # where it stands is position 0 from now on
    POLL = auto()  # report without a new target
    BRAKE = auto()  # short the windings


@dataclass(frozen=True)
class Capabilities:
    """Says what a family can do in the mode it was made for, so that nothing is pretended.

    Attributes:
        mode: What the drive regulates.
        takes: The quantities that its command frames carry; others are not sent.
        gains: How kp and kd reach it.
        replies: When it reports.
        reports: What it reports beside position and velocity.
        orders: What it can be told.
        readable: Settings that can be read.
        writable: Settings that can be written.
        mode_number: What `DriveSetting.MODE` is in this mode; None where it cannot be read.
    """

    mode: ControlMode
    takes: frozenset[Quantity]
    gains: GainSupport
    replies: ReplyKind
    reports: frozenset[Reported]
    orders: frozenset[Order]
    readable: frozenset[DriveSetting] = field(default_factory=frozenset)
    writable: frozenset[DriveSetting] = field(default_factory=frozenset)
    mode_number: float | None = None


class Family(Protocol):
    """Speaks the protocol of the drives of one family; knows no socket, no clock and no joint map.

    Everywhere: positions and so on are of the shaft that the drive reports, gear, sign and offset
    are applied by the caller; `joints` are indices of drives, None for all.
    """

    @property
    def drives(self) -> Drives:
        """Return the drives, in the order of all arrays."""

    @property
    def capabilities(self) -> Capabilities:
        """Return what this family can do in this mode."""

    @property
    def frames_of_a_drive(self) -> tuple[FrameShape, ...]:
        """Return what is sent in a tick for one drive and by it, for the load of a bus."""

    @property
    def shared_frames(self) -> tuple[FrameShape, ...]:
        """Return what is sent in a tick once for all drives of a bus."""

    def command(self, targets: Targets, feedback: Feedback) -> FrameBatch:
        """Return the frames of one tick; values out of range saturate.

        Raises CommandError, which names the joint, for NaN or infinity.
        """

    def meaning(self, frames: FrameBatch) -> Targets:
        """Return what frames of `command` mean to the drives: the limits and steps really sent.

        A quantity that they do not carry is NaN, and so is a joint that is not among them.
        """

    def decode(self, frames: FrameBatch, feedback: Feedback) -> DecodedFrames:
        """Put received frames into `feedback`; never raises, whatever they hold."""

    def order(
        self, order: Order, feedback: Feedback, joints: np.ndarray | None = None
    ) -> FrameBatch:
        """Return the next frames towards an order; repeat until `feedback` shows it.

        Raises UnsupportedError where `capabilities.orders` lacks it.
        """

    def gain_frames(self, kp: np.ndarray, kd: np.ndarray) -> FrameBatch:
        """Return frames that set (n,) stiffness and damping, `GainSupport.BY_SEPARATE_FRAMES`.

        Raises UnsupportedError elsewhere, CommandError for gains that the drive cannot have.
        """

    def read_setting(self, setting: DriveSetting, joints: np.ndarray | None = None) -> FrameBatch:
        """Return frames that ask for a setting. Raises UnsupportedError."""

    def write_setting(
        self, setting: DriveSetting, value: float, joints: np.ndarray | None = None
    ) -> FrameBatch:
        """Return frames that write a setting, SI units. Raises UnsupportedError, CommandError."""

    def enabled(self, feedback: Feedback) -> np.ndarray:
        """Return (n,) which drives report that they give torque; none without `Reported.STATE`."""

    def state_name(self, state: int) -> str:
        """Return a state word in plain English."""

    def fault_names(self, fault: int) -> tuple[str, ...]:
        """Return the faults of a fault word in plain English; empty for none."""

    def warning_names(self, warning: int) -> tuple[str, ...]:
        """Return the warnings of a warning word in plain English; empty for none."""


class BareFamily:
    """Refuses or leaves out what not every family has; a family overrides what it has."""

    drives: Drives
    capabilities: Capabilities
    frames_of_a_drive: tuple[FrameShape, ...]
    shared_frames: tuple[FrameShape, ...] = ()

    def gain_frames(self, kp: np.ndarray, kd: np.ndarray) -> FrameBatch:
        """Raise UnsupportedError: gains are in every command, or nowhere."""
        raise unsupported("order", "SET_GAINS", self.capabilities.orders)

    def read_setting(self, setting: DriveSetting, joints: np.ndarray | None = None) -> FrameBatch:
        """Raise UnsupportedError: nothing can be read."""
        raise unsupported("setting", setting.name, self.capabilities.readable)

    def write_setting(
        self, setting: DriveSetting, value: float, joints: np.ndarray | None = None
    ) -> FrameBatch:
        """Raise UnsupportedError: nothing can be written."""
        raise unsupported("setting", setting.name, self.capabilities.writable)

    def enabled(self, feedback: Feedback) -> np.ndarray:
        """Return none: the protocol does not tell."""
        return np.zeros(len(self.drives), bool)

    def state_name(self, state: int) -> str:
        """Return that the protocol does not tell."""
        return "not reported"

    def warning_names(self, warning: int) -> tuple[str, ...]:
        """Return nothing: there are no warnings."""
        return ()
