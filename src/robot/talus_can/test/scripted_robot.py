# SPDX-License-Identifier: Apache-2.0
"""A whole robot of scripted drives on buses in memory, and the driver of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from scripted_drives import DamiaoDrive, MoteusDrive, Reply, RobstrideDrive, ScriptedDrive
from talus_can.bus.seam import BusError, BusHealth, BusState
from talus_can.driver import CanDriver
from talus_can.frames import FrameBatch, pack_mixed, unpack_mixed
from talus_can.models import load_motor_models, with_overrides
from talus_can.wiring import BusRow
from talus_core.driver import DriverSetup
from talus_core.robot import load_robot
from talus_core.state import JointCommand

ROBOT = load_robot(Path(__file__).parents[4] / "urdf" / "talus40")
COUNT = len(ROBOT.joint_names)
MODELS = load_motor_models()
MIXED = "mixed"
PERIOD = 0.002
LONG_PERIOD = 0.01  # the longest of the seam: 40 drives in Python answer within it


class StepClock:
    """Stands still until it is told how much later it is."""

    def __init__(self):
        self.now_ns = 10**9

    def pass_(self, seconds: float) -> None:
        self.now_ns += round(1e9 * seconds)


class PatientClock:
    """Half a period later at each look, and never later than the steady clock.

    It begins some seconds before that, so that it need not wait for it; a computer that pauses a
    test pauses the robot's time with it.
    """

    def __init__(self):
        self._last = time.monotonic_ns() - round(2e9)

    @property
    def now_ns(self) -> int:
        self._last = min(time.monotonic_ns(), self._last + round(0.5e9 * LONG_PERIOD))
        return self._last

    def pass_(self, seconds: float) -> None:
        time.sleep(0.0)


class ScriptedBus:
    """A wire in memory: what is sent is answered at once."""

    def __init__(self, name: str, number: int, drives: list[ScriptedDrive], clock):
        self.name = name
        self.number = number
        self.drives = drives
        self.clock = clock
        self.inbox: list[Reply] = []
        self.sent: list[FrameBatch] = []
        self.silent: set[int] = set()
        self.is_open = self.stays_off = False
        self.loses: Callable[[], bool] = lambda: False
        self.opened = 0
        self.health = BusHealth(BusState.ACTIVE)

    def open(self):
        self.is_open = True
        self.opened += 1

    @property
    def state(self):
        return self.health.state

    def note_errors(self, frames):
        raise AssertionError("no error frames come here")

    def note_malformed(self):
        raise AssertionError("all packets are frames")

    def send(self, packed):
        frames = unpack_mixed(packed.tobytes(), self.number)
        if not self.is_open or self.health.state is BusState.OFF:
            raise BusError(f"bus {self.name} is off")
        self.sent.append(frames)
        for can_id, flags, data in zip(frames.can_id, frames.flags, frames.payloads(), strict=True):
            if self.loses():
                continue
            for drive in self.drives:
                replies = drive.handle(int(can_id), int(flags), data, self.clock.now_ns)
                if drive.drive_id not in self.silent:
                    self.inbox += replies

    def receive(self):
        if not self.is_open:
            raise BusError(f"bus {self.name} is not open")
        if not self.inbox:
            return b""
        can_id, flags, payloads = zip(*self.inbox, strict=True)
        self.inbox = []
        rows = b"".join(data.ljust(64, b"\0") for data in payloads)
        return pack_mixed(
            FrameBatch(
                np.full(len(can_id), self.number, np.uint8),
                np.array(can_id, np.uint32),
                np.array(flags, np.uint8),
                np.array([len(data) for data in payloads], np.uint8),
                np.frombuffer(rows, np.uint8).reshape(-1, 64),
            )
        ).tobytes()

    def wait(self, timeout):
        if not self.inbox:
            self.clock.pass_(timeout)
        return bool(self.inbox)

    def restart(self):
        state = BusState.OFF if self.stays_off else BusState.ACTIVE
        self.health = replace(self.health, state=state, restarts=self.health.restarts + 1)
        if self.stays_off:
            raise BusError(f"bus {self.name} does not come back")

    def close(self):
        self.is_open = False


@dataclass(frozen=True)
class Kind:
    """How a robot is built of one family: how many on a bus, rates, motor and gear by torque."""

    name: str
    make: type[ScriptedDrive]
    on_a_bus: int
    data_rate: float
    motor: Callable[[float], tuple[str, float, dict]]


KINDS = {
    "damiao": Kind(
        "damiao", DamiaoDrive, 5, 0.0,
        lambda limit: ("3507", 1.0, {}) if limit <= 5 else
        ("4340", 1.0, {}) if limit <= 28 else ("10010L", 1.0, {}),
    ),
    "robstride": Kind(
        "robstride", RobstrideDrive, 4, 0.0,
        lambda limit: ("RS00", 1.0, {}) if limit <= 14 else ("RS04", 2.0, {}),
    ),
    "moteus": Kind(
        "moteus", MoteusDrive, 6, 5e6,
        lambda limit: ("default", 1.0, {"kp": 400.0, "kd": 10.0}),
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Seat:
    """Where a joint's drive is, and how it is built in."""

    kind: Kind
    bus: int
    drive_id: int
    model: str
    gear: float
    sign: int
    offset: float
    overrides: dict


def kind_names(name: str) -> list[str]:
    """The family of each joint: legs and torso, arms and hands differ in a mixed robot."""
    if name != MIXED:
        return [name] * COUNT
    return ["damiao"] * 14 + ["robstride"] * 14 + ["moteus"] * 12


def seats(name: str) -> list[Seat]:
    """Every third joint turns the other way, with an offset."""
    found: list[Seat] = []
    bus = on_it = 0
    names = kind_names(name)
    for place, family in enumerate(names):
        kind = KINDS[family]
        if place and (on_it == kind.on_a_bus or names[place - 1] != family):
            bus += 1
            on_it = 0
        on_it += 1
        sign, offset = (-1, 0.1) if place % 3 == 0 else (1, 0.0)
        motor = kind.motor(float(ROBOT.limits.effort[place]))
        found.append(Seat(kind, bus, on_it, motor[0], motor[1], sign, offset, motor[2]))
    return found


def options_of(rows: list[Seat]) -> dict:
    options: dict = {"sensors": "still"}
    for joint, seat in zip(ROBOT.joint_names, rows, strict=True):
        options[f"buses.can{seat.bus}.data_rate"] = seat.kind.data_rate
        row = {
            "bus": f"can{seat.bus}",
            "id": seat.drive_id,
            "family": seat.kind.name,
            "model": seat.model,
            "gear": seat.gear,
            "sign": seat.sign,
            "offset": seat.offset,
            **{f"overrides.{name}": value for name, value in seat.overrides.items()},
        }
        options |= {f"drives.{joint}.{key}": value for key, value in row.items()}
    return options


def drive_of(seat: Seat, angle: float) -> ScriptedDrive:
    motor = with_overrides(MODELS.find(seat.kind.name, seat.model), seat.overrides)
    ranges = (motor.position, motor.velocity, motor.effort, motor.kp, motor.kd)
    drive = seat.kind.make(seat.drive_id, ranges)
    drive.position = seat.sign * seat.gear * (angle - seat.offset)
    return drive


class ScriptedRobot:
    """The drives of a configuration, seated in the pose `sit`, and a driver of them.

    `changes` are options of the driver that are otherwise than the drives.
    """

    def __init__(self, name: str = "damiao", clock=None, period: float = PERIOD, **changes):
        rows = seats(name)
        self.clock = clock or StepClock()
        self.options = options_of(rows) | changes.pop("options", {}) | changes
        self.buses: dict[str, ScriptedBus] = {}
        self.drives = {
            joint: drive_of(seat, angle)
            for joint, seat, angle in zip(ROBOT.joint_names, rows, ROBOT.poses["sit"], strict=True)
        }
        self._on_bus = [
            [drive for drive, seat in zip(self.drives.values(), rows, strict=True) if seat.bus == b]
            for b in range(rows[-1].bus + 1)
        ]
        setup = DriverSetup(ROBOT, period, options=self.options)
        self.driver = CanDriver(setup, self.make_bus, self.clock)

    def make_bus(self, name: str, row: BusRow) -> ScriptedBus:
        number = len(self.buses)
        self.buses[name] = ScriptedBus(name, number, self._on_bus[number], self.clock)
        return self.buses[name]

    def bus_of(self, joint: str) -> ScriptedBus:
        return self.buses[self.options[f"drives.{joint}.bus"]]

    def connect(self):
        self.driver.connect()
        return self.driver.read(0.0)

    def tick(self, command: JointCommand | None = None, ticks: int = 1):
        """Write, let a period pass, read; several times."""
        for _ in range(ticks):
            if command is not None:
                self.driver.write(command)
            self.clock.pass_(self.driver.period)
            state = self.driver.read(self.clock.now_ns * 1e-9)
        return state


def hold(state, gain: float = 0.1, **changes) -> JointCommand:
    zero = np.zeros(COUNT)
    limits = ROBOT.limits.effort
    return JointCommand(
        state.sequence, state.position.copy(), zero, zero, gain * limits, 0.002 * limits
    ).with_(**changes)


def for_the_kit(setup: DriverSetup) -> CanDriver:
    """A robot of three families whose time is patient, as a driver on trial."""
    return ScriptedRobot(MIXED, PatientClock(), LONG_PERIOD, watchdog_s=0.5, silent_s=0.5).driver
