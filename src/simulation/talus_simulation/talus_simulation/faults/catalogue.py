# SPDX-License-Identifier: Apache-2.0
"""List every fault that can be injected: seven types times the components, and some besides.

The seven types are those of PX4's failure injection (off, stuck, garbage, wrong, slow, delayed,
intermittent).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from talus_core.errors import UnknownNameError

FAULT_TYPES = ("off", "stuck", "garbage", "wrong", "slow", "delayed", "intermittent")
END_ALL_FAULTS = "none"

FAULT_SENSORS = ("imu", "gyroscope", "accelerometer", "encoder", "foot")
FAULT_CHANNELS = ("command", "state", "permit")
FAULT_COMPONENTS = (*FAULT_SENSORS, "battery", "drive", "limb", "bus", *FAULT_CHANNELS)


@dataclass(frozen=True)
class FaultKind:
    """Describes one fault: a row of the catalogue.

    Attributes:
        component: What fails.
        effect: How; with the component it makes the name.
        type: Of the seven, or empty for what only this component can do.
        does: In words.
        unit: Of the severity; empty where it has none.
        default: Severity where none is given.
        most: Greatest severity.
    """

    component: str
    effect: str
    type: str
    does: str
    unit: str = ""
    default: float = 0.0
    most: float = 0.0

    @property
    def name(self) -> str:
        """Name of the fault as a user writes it."""
        return f"{self.component}.{self.effect}"


def _sensor(
    component: str, wrong: str, wrong_unit: str, wrong_by: float, wrong_most: float
) -> list[FaultKind]:
    return [
        FaultKind(component, "off", "off", "says not-a-number: no value"),
        FaultKind(component, "stuck", "stuck", "repeats its value under fresh stamps"),
        FaultKind(
            component,
            "garbage",
            "garbage",
            "random over a part of its range",
            "of the range",
            1.0,
            1.0,
        ),
        FaultKind(component, "wrong", "wrong", wrong, wrong_unit, wrong_by, wrong_most),
        FaultKind(component, "slow", "slow", "a new value only so often", "s", 0.05, 10.0),
        FaultKind(component, "delayed", "delayed", "values of so long ago", "s", 0.1, 10.0),
        FaultKind(
            component,
            "intermittent",
            "intermittent",
            "no value in bursts of 20 ms",
            "of the time",
            0.5,
            1.0,
        ),
    ]


def _channel(component: str, wrong: str) -> list[FaultKind]:
    return [
        FaultKind(component, "off", "off", "nothing arrives"),
        FaultKind(component, "stuck", "stuck", "the last message again and again"),
        FaultKind(component, "garbage", "garbage", "random contents"),
        FaultKind(component, "wrong", "wrong", wrong),
        FaultKind(component, "slow", "slow", "one message only so often", "s", 0.05, 10.0),
        FaultKind(
            component, "delayed", "delayed", "messages arrive so much later", "s", 0.05, 10.0
        ),
        FaultKind(
            component,
            "intermittent",
            "intermittent",
            "nothing in bursts of 20 ms",
            "of the time",
            0.5,
            1.0,
        ),
        FaultKind(component, "drop", "", "single messages are lost", "of the messages", 0.3, 1.0),
        FaultKind(component, "duplicate", "", "every message twice"),
        FaultKind(
            component, "reorder", "", "messages overtake each other", "of the messages", 0.5, 1.0
        ),
        FaultKind(
            component, "replay", "", "messages of so long ago between the new ones", "s", 1.0, 60.0
        ),
        FaultKind(
            component, "flood", "", "so many copies of every message", "copies", 10.0, 1000.0
        ),
    ]


FAULT_KINDS: tuple[FaultKind, ...] = (
    *_sensor(
        "imu",
        "gyroscope off by so much, accelerometer by ten times as many m/s^2",
        "rad/s",
        0.2,
        35.0,
    ),
    *_sensor("gyroscope", "off by so much about every axis", "rad/s", 0.2, 35.0),
    *_sensor("accelerometer", "off by so much along every axis", "m/s^2", 2.0, 157.0),
    *_sensor("encoder", "angle off by so much", "rad", 0.1, 2.0 * math.pi),
    *_sensor("foot", "vertical force off by so much", "N", 300.0, 2000.0),
    FaultKind("foot", "contact", "", "feels the whole weight wherever it is"),
    FaultKind("foot", "no_contact", "", "feels nothing wherever it is"),
    *_sensor("battery", "reports so much less charge", "of the charge", 0.9, 1.0),
    FaultKind(
        "battery", "drained", "", "truly has only so much charge left", "of the charge", 0.04, 1.0
    ),
    FaultKind("drive", "off", "off", "torque loss: open windings"),
    FaultKind("drive", "stuck", "stuck", "lock: the joint does not turn"),
    FaultKind("drive", "garbage", "garbage", "random torque", "of the peak", 0.5, 1.0),
    FaultKind(
        "drive",
        "wrong",
        "wrong",
        "gives so much less torque than it is told",
        "of the torque",
        0.5,
        2.0,
    ),
    FaultKind("drive", "slow", "slow", "torque lags with this time constant", "s", 0.05, 10.0),
    FaultKind("drive", "delayed", "delayed", "torque of so long ago", "s", 0.02, 1.0),
    FaultKind(
        "drive",
        "intermittent",
        "intermittent",
        "torque loss in bursts of 20 ms",
        "of the time",
        0.5,
        1.0,
    ),
    FaultKind(
        "drive", "runaway", "", "pushes one way whatever it is told", "of the peak", 1.0, 1.0
    ),
    FaultKind("drive", "overheat", "", "its limit fades to nothing within", "s", 20.0, 600.0),
    FaultKind("drive", "reboot", "", "no torque and a stuck encoder for", "s", 0.5, 10.0),
    FaultKind(
        "limb",
        "off",
        "off",
        "field bus dead: encoders and torques stuck, drives hold where they are",
    ),
    FaultKind("limb", "stuck", "stuck", "encoders stuck under fresh stamps, commands arrive"),
    FaultKind("limb", "garbage", "garbage", "random encoder frames", "of the range", 1.0, 1.0),
    FaultKind("limb", "wrong", "wrong", "encoders of neighbouring joints exchanged"),
    FaultKind("limb", "slow", "slow", "a new encoder frame only so often", "s", 0.05, 10.0),
    FaultKind("limb", "delayed", "delayed", "encoder frames of so long ago", "s", 0.02, 1.0),
    FaultKind(
        "limb",
        "intermittent",
        "intermittent",
        "bus dead in bursts of 20 ms",
        "of the time",
        0.5,
        1.0,
    ),
    FaultKind("bus", "off", "off", "no power: the drives brake by their own voltage alone"),
    FaultKind(
        "bus", "garbage", "garbage", "voltage at random between nothing and full, every tick"
    ),
    FaultKind(
        "bus", "wrong", "wrong", "brownout: so much less voltage", "of the voltage", 0.2, 1.0
    ),
    FaultKind(
        "bus",
        "intermittent",
        "intermittent",
        "no power in bursts of 20 ms",
        "of the time",
        0.2,
        1.0,
    ),
    *_channel("command", "values of each joint go to its neighbour"),
    FaultKind("command", "nan", "", "not-a-number in one field"),
    *_channel("state", "values of each joint come from its neighbour"),
    FaultKind("state", "nan", "", "not-a-number in one field"),
    *_channel("permit", "always says armed, permitted, R0"),
)
CATALOGUE: dict[str, FaultKind] = {kind.name: kind for kind in FAULT_KINDS}

# (component, type): why there is no such fault.
NOT_APPLICABLE: dict[tuple[str, str], str] = {
    ("bus", "stuck"): "a constant voltage harms nobody; what it reports is component battery",
    ("bus", "slow"): "a pack has no samples; its sag is modelled by its resistance",
    ("bus", "delayed"): "power is not a message",
}


@dataclass(frozen=True)
class FaultRequest:
    """Asks for a fault; `severity` 0: the default, `duration` in s, 0: until it is ended."""

    name: str
    target: str = ""
    severity: float = 0.0
    duration: float = 0.0

    def checked(self) -> tuple[FaultKind, float]:
        """Return the kind and the severity that holds. Raises UnknownNameError, ValueError."""
        kind = CATALOGUE.get(self.name)
        if kind is None:
            raise UnknownNameError("fault", self.name, CATALOGUE)
        if not (math.isfinite(self.severity) and 0.0 <= self.severity <= kind.most):
            allowed = (
                f"from 0 to {kind.most:g} {kind.unit}" if kind.unit else "0: this fault has none"
            )
            raise ValueError(f"severity of {self.name} is {self.severity:g}; it must be {allowed}")
        if not (math.isfinite(self.duration) and self.duration >= 0.0):
            raise ValueError(
                f"duration of {self.name} is {self.duration:g} s; it must be at least 0"
            )
        return kind, self.severity or kind.default
