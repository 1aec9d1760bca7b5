# SPDX-License-Identifier: Apache-2.0
"""Defines what the firmware of a drive is to the wires and to the body, and what all have alike."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import NamedTuple

from talus_can.models import MotorModel

from talus_drive_simulator.wires.frame import WireFrame


class DriveTrouble(Enum):
    """Names what a drive notices of itself; each family has its own word for it."""

    MOTOR_HOT = auto()
    STAGE_HOT = auto()
    UNDER_VOLTAGE = auto()
    OVER_VOLTAGE = auto()
    OVER_CURRENT = auto()
    ENCODER = auto()
    SILENCE = auto()  # no command within the watchdog's time


@dataclass(frozen=True)
class DriveSpec:
    """Describes one drive as it was set up before it was built in.

    Attributes:
        drive_id: Its identifier on the bus.
        model: The ranges by which it scales its numbers.
        reply_id: Identifier of its replies, where a family sets it apart; None for the usual.
        is_flexible: Whether it is set to CAN FD, where a family has both.
        watchdog_s: Time without a command after which it gives up; 0 for never.
        report_s: Time between reports that nobody asked for, of families that have them.
    """

    drive_id: int
    model: MotorModel
    reply_id: int | None = None
    is_flexible: bool = False
    watchdog_s: float = 0.0
    report_s: float = 0.002


class Motion(NamedTuple):
    """Holds what a drive measures of itself, at its shaft.

    Attributes:
        position: rad, from where the shaft was at 0 when the drive was built in.
        velocity: rad/s.
        effort: N m.
        motor_temperature: degrees Celsius of the winding.
        stage_temperature: degrees Celsius of the power stage.
        voltage: V of the bus.
    """

    position: float
    velocity: float
    effort: float
    motor_temperature: float = 25.0
    stage_temperature: float = 25.0
    voltage: float = 48.0


class Law(NamedTuple):
    """Holds what a drive regulates: effort + kp (position - q) + kd (velocity - dq).

    Attributes:
        position: rad.
        velocity: rad/s.
        kp: N m/rad.
        kd: N m s/rad.
        effort: N m.
    """

    position: float
    velocity: float
    kp: float
    kd: float
    effort: float


class Firmware(ABC):
    """Imitates the program in one drive: it hears frames, answers, and says what it regulates.

    Attributes:
        silence_is_trouble: Whether what the watchdog did must be cleared before it goes on again.
        spec: How it is set up; what is written to its registers changes this.
        is_on: Whether it gives torque when it has a law.
        trouble: Why it went off by itself, until that is cleared.
        zero: Shaft position that it calls 0, rad.
        when_set: Called when it is set up otherwise; then it may listen to other frames.
    """

    silence_is_trouble = True

    def __init__(self, spec: DriveSpec):
        """Begin as after power-on: off, with what `spec` says."""
        self.spec = spec
        self._built = spec
        self.zero = 0.0
        self.when_set: Callable[[], None] = _nothing
        self.reboot()

    def reboot(self) -> None:
        """Begin anew as after power-on: torque off, registers as they were set up; zero stays."""
        self._become(self._built)
        self.is_on = False
        self.trouble: DriveTrouble | None = None
        self._target: Law | None = None
        self._heard_at = 0.0

    def rebuild(self, spec: DriveSpec) -> None:
        """Be set up otherwise from here on, also after the next power-on."""
        self._built = spec
        self._become(spec)

    @abstractmethod
    def listens(self, can_id: int, flags: int) -> bool:
        """Return whether a frame with this identifier and these flags may be for it."""

    @abstractmethod
    def hears(self, frame: WireFrame) -> bool:
        """Return whether a frame is for it, of those that it listens to."""

    @abstractmethod
    def receive(self, frame: WireFrame, now: float, motion: Motion) -> Sequence[WireFrame]:
        """Deal with a frame that passed the filter; return the answers. Never raises."""

    def tick(self, now: float, motion: Motion) -> Sequence[WireFrame]:
        """Look after the watchdog; return the reports that are due by the drive's own clock."""
        limit = self.spec.watchdog_s
        if self.is_on and limit and now - self._heard_at > limit:
            self.trip(DriveTrouble.SILENCE)
        return ()

    def trip(self, trouble: DriveTrouble) -> None:
        """Go off for a cause that stays until it is cleared."""
        if trouble is not DriveTrouble.SILENCE or self.silence_is_trouble:
            self.trouble = trouble
        self._go_off()

    def law(self, now: float) -> Law | None:
        """Return what it regulates, positions from the built-in zero; None without torque."""
        target = self._target
        if not self.is_on or target is None:
            return None
        return target._replace(position=target.position + self.zero) if self.zero else target

    def _go_on(self, now: float) -> None:
        if self.trouble is None:
            self.is_on = True
            self._heard_at = now

    def _go_off(self) -> None:
        self.is_on = False
        self._target = None

    def _obey(self, target: Law, now: float) -> None:
        """Take a new target; one that comes while it is off is not kept."""
        self._heard_at = now
        if self.is_on:
            self._target = target

    def _set(self, **changes: float | None) -> None:
        """Change fields of the setup until the next power-on."""
        self._become(replace(self.spec, **changes))  # type: ignore[arg-type]

    def _scale(self, **ends: float) -> None:
        """Change ranges of the model until the next power-on."""
        model = replace(self.spec.model, **ends)  # type: ignore[arg-type]
        self._become(replace(self.spec, model=model))

    def _become(self, spec: DriveSpec) -> None:
        self.spec = spec
        self.when_set()


def _nothing() -> None:
    """Tell nobody of it."""
