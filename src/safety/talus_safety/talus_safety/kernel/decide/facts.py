# SPDX-License-Identifier: Apache-2.0
"""What the supervisor knows at one instant: plain numbers that its rules test."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from talus_core.gate_phases import GatePhase
from talus_core.modes import Mode
from talus_core.stop_levels import StopLevel

NOTHING: Mapping[str, float] = MappingProxyType({})


@dataclass(frozen=True)
class GateReport:
    """The last gate's account of itself: GateState.msg, as far as the supervisor needs it."""

    phase: GatePhase = GatePhase.OFF
    latched: bool = False
    at_rest: bool = True
    request: StopLevel = StopLevel.R0_RUN
    reason: str = ""
    rule: str = ""
    bundle: str = ""


@dataclass(frozen=True)
class OperatorWord:
    """What operators do.

    Attributes:
        age: s since their device was known to be there; 0 where none is asked for.
        is_released: It is there, and nobody holds it.
        pressed: Stops, in words; empty when none is.
    """

    age: float = 0.0
    is_released: bool = False
    pressed: str = ""


@dataclass(frozen=True)
class Facts:
    """Ages in s; `steady` counts on the computer's steady clock, `robot` in the robot's own (simulated) time.

    Attributes:
        gate: Its newest report.
        gate_has_latched: The gate locked commands out since the facts before.
        gate_age: Of that report, steady.
        limits_differ: It decides with other limits, another robot or other code than the supervisor.
        state_age: Since robot_state went on, steady; infinite before the first.
        silence: By expected node: steady time since its heartbeat.
        robot_silence: By expected node: robot time since its heartbeat.
        behind: By expected node: robot time between the newest state and the one it had done, at its heartbeat.
        absent: Expected nodes that never sent a heartbeat.
        operator: What operators do.
        mode: Of balance.
        capture_margin: m from the capture point to the edge of the feet, as balance says; negative outside.
        frames_age: s of what tf says of base and joints; 0 where no map is expected, nor is `map_age` then.
        map_age: s of the map's newest elevation.
        stop_gap, slow_gap: m between who comes near and where R2 and R1 begin; negative inside.
        tilt: rad between base_link's z axis and the vertical.
        sensor_fault: What is wrong with a sensor; empty when nothing is.
        body_fault: What IMU and legs contradict each other about.
        foot_fault: What a foot and its leg contradict each other about.
        rest_fault: What a robot without torque should not feel.
        warmest: Winding, in parts of what it bears for ever.
        hottest: The same in 10 s, at the present load, and `hot_joint` its joint.
        battery: Charge, 0 to 1.
    """

    gate: GateReport = GateReport()
    gate_has_latched: bool = False
    gate_age: float = 0.0
    limits_differ: bool = False
    state_age: float = 0.0
    silence: Mapping[str, float] = field(default_factory=lambda: NOTHING)
    robot_silence: Mapping[str, float] = field(default_factory=lambda: NOTHING)
    behind: Mapping[str, float] = field(default_factory=lambda: NOTHING)
    absent: tuple[str, ...] = ()
    operator: OperatorWord = OperatorWord()
    mode: Mode = Mode.LIMP
    capture_margin: float = 0.0
    frames_age: float = 0.0
    map_age: float = 0.0
    stop_gap: float = math.inf
    slow_gap: float = math.inf
    tilt: float = 0.0
    sensor_fault: str = ""
    body_fault: str = ""
    foot_fault: str = ""
    rest_fault: str = ""
    warmest: float = 0.0
    hottest: float = 0.0
    hot_joint: str = ""
    battery: float = 1.0
