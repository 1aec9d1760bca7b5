# SPDX-License-Identifier: Apache-2.0
"""Says what the supervisor knows at one instant: plain numbers that its rules test."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from talus_core.graph.node_table import Silence
from talus_core.words.body_senses import BodySense
from talus_core.words.gate_phases import GatePhase
from talus_core.words.modes import Mode
from talus_core.words.stop_levels import StopLevel

NO_TIMES: Mapping[str, float] = MappingProxyType({})
NO_GRANTS: Mapping[str, Mapping[str, Silence]] = MappingProxyType({})


@dataclass(frozen=True)
class GateReport:
    """Tells the last gate's account of itself, as far as the supervisor needs it."""

    phase: GatePhase = GatePhase.OFF
    latched: bool = False
    at_rest: bool = True
    request: StopLevel = StopLevel.R0_RUN
    reason: str = ""
    rule: str = ""
    bundle: str = ""
    unfelt: frozenset[BodySense] = frozenset()


@dataclass(frozen=True)
class OperatorWord:
    """Says what operators do.

    Attributes:
        age: s since their device was known to be there; 0 where none is asked for.
        is_released: It is there, and nobody holds it.
        pressed: Stops, in words; empty when none is.
    """

    age: float = 0.0
    is_released: bool = False
    pressed: str = ""


@dataclass(frozen=True, kw_only=True)
class NodeFacts:
    """Says how watched nodes live, by name.

    `steady` counts on the computer's clock, `robot` in the robot's own time.

    Attributes:
        silence: Steady time since a node's heartbeat, s.
        robot_silence: Robot time since a node's heartbeat, s.
        behind: Robot time between the newest state and the one it had done, at its heartbeat, s.
        absent: Required nodes that never sent a heartbeat.
        granted: Silence that the node table grants to nodes without rules of their own, by node,
            then by the name of the level that follows.
        intruded: Nodes that heard a stranger on the command path since the facts before.
    """

    silence: Mapping[str, float] = field(default_factory=lambda: NO_TIMES)
    robot_silence: Mapping[str, float] = field(default_factory=lambda: NO_TIMES)
    behind: Mapping[str, float] = field(default_factory=lambda: NO_TIMES)
    absent: tuple[str, ...] = ()
    granted: Mapping[str, Mapping[str, Silence]] = field(default_factory=lambda: NO_GRANTS)
    intruded: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class SensorFaults:
    """Says in words what is wrong with sensors; empty where nothing is.

    Attributes:
        sensor: A sensor says what cannot be.
        body: IMU and legs contradict each other.
        foot: A foot and its leg contradict each other.
        rest: A robot without torque feels what it should not.
    """

    sensor: str = ""
    body: str = ""
    foot: str = ""
    rest: str = ""


@dataclass(frozen=True, kw_only=True)
class HeatFacts:
    """Says how warm the windings are, in parts of what they bear for ever.

    Attributes:
        warmest: The warmest winding now.
        hottest: The hottest winding in 10 s, at the present load.
        joint: Joint of that winding.
    """

    warmest: float = 0.0
    hottest: float = 0.0
    joint: str = ""


@dataclass(frozen=True, kw_only=True)
class GapFacts:
    """Says how far moving bodies are from where a level begins, m; negative inside.

    Attributes:
        stop: Distance to where R2 begins.
        slow: Distance to where R1 begins.
    """

    stop: float = math.inf
    slow: float = math.inf


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Says what the supervisor knows at one instant.

    Ages in s, on the steady clock where nothing else is said.

    Attributes:
        gate: The gate's newest report.
        gate_has_latched: The gate locked commands out since the facts before.
        gate_age: Age of that report.
        limits_differ: It decides with other limits, another robot or other code than the
            supervisor.
        state_age: Time since robot_state went on; infinite before the first.
        nodes: How watched nodes live.
        operator: What operators do.
        mode: What balance does.
        capture_margin: Distance from the capture point to the edge of the feet, as balance says, m;
            negative outside.
        frames_age: Age of what tf says of base and joints; 0 where no map is required, nor is
            `map_age` then.
        map_age: Age of the map's newest elevation.
        gaps: How near moving bodies are.
        tilt: Angle between base_link's z axis and the vertical, rad.
        faults: What is wrong with sensors.
        heat: How warm the windings are.
        battery: Charge, 0 to 1.
    """

    gate: GateReport = GateReport()
    gate_has_latched: bool = False
    gate_age: float = 0.0
    limits_differ: bool = False
    state_age: float = 0.0
    nodes: NodeFacts = NodeFacts()
    operator: OperatorWord = OperatorWord()
    mode: Mode = Mode.LIMP
    capture_margin: float = 0.0
    frames_age: float = 0.0
    map_age: float = 0.0
    gaps: GapFacts = GapFacts()
    tilt: float = 0.0
    faults: SensorFaults = SensorFaults()
    heat: HeatFacts = HeatFacts()
    battery: float = 1.0
