# SPDX-License-Identifier: Apache-2.0
"""Describes what the operator of a run sees and what it can do, as data."""

from __future__ import annotations

from dataclasses import dataclass

from talus_core.words.gate_phases import GatePhase

GATE_STANDBY = (GatePhase.HOLD, GatePhase.SIT, GatePhase.FALL)  # it moves the robot by itself


@dataclass(frozen=True)
class ServiceCall:
    """Calls a Trigger service by its name."""

    service: str


@dataclass(frozen=True)
class WalkingVelocity:
    """Publishes on `cmd_vel`: m/s forward, m/s to the left, rad/s to the left."""

    forward: float
    left: float
    turn: float


@dataclass(frozen=True)
class Gaze:
    """Publishes on `gaze/target`: a point in base_link, m."""

    point: tuple[float, float, float]


Action = ServiceCall | WalkingVelocity | Gaze


@dataclass(frozen=True)
class HeardSafety:
    """Holds what the operator reads of `safety/state`."""

    level: int
    cause: str
    latched: bool
    armed: bool
    torque_permitted: bool


@dataclass(frozen=True)
class HeardGate:
    """Holds what the operator reads of `gate/state`."""

    phase: int
    reason: str
    at_rest: bool = False


@dataclass(frozen=True)
class Reply:
    """Holds the answer to the newest call."""

    service: str
    success: bool
    message: str


@dataclass(frozen=True)
class RunObservation:
    """Holds what the operator knows at one moment.

    Attributes:
        wall: Steady clock, s.
        time: Simulated s; None before the first.
        missing: What is not up yet, by name.
        safety: Newest `safety/state`.
        gate: Newest `gate/state`.
        mode: Newest mode of `balance/state`.
        reply: To the newest call, once it is there.
        dead: Required processes that ended by themselves.
        fell: The judge saw the robot fall.
        stop_requests: How often the user asked to end the run.
    """

    wall: float
    time: float | None = None
    missing: tuple[str, ...] = ()
    safety: HeardSafety | None = None
    gate: HeardGate | None = None
    mode: int | None = None
    reply: Reply | None = None
    dead: tuple[str, ...] = ()
    fell: bool = False
    stop_requests: int = 0
