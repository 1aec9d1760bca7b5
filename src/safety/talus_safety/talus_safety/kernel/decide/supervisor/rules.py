# SPDX-License-Identifier: Apache-2.0
"""Lists the supervisor's rules as a table.

What is tested, which level follows, what clears it, how soon it must act.
"""

from __future__ import annotations

import math
from dataclasses import replace

from talus_core.words.falls import FALLEN_TILT_RAD
from talus_core.words.gate_phases import GatePhase
from talus_core.words.modes import Mode
from talus_core.words.stop_levels import StopLevel

from talus_safety.kernel.decide.gate.gate_rules import (
    FALL_RULE,
    GATE_RULES,
    LOSS_RULES,
    REQUEST_RULES,
)
from talus_safety.kernel.decide.rule import Rule
from talus_safety.kernel.decide.supervisor.facts import Facts
from talus_safety.kernel.decide.supervisor.outside_rules import OUTSIDE_RULES
from talus_safety.kernel.decide.supervisor.silence_rules import NODE_RULES, silent
from talus_safety.kernel.limits import SupervisorLimits

GATE_RULE_NAMES = frozenset(rule.name for rule in GATE_RULES)


def _may_lie(facts: Facts) -> bool:
    """Tell whether its fall is over, or it is on its way up from the ground.

    Lying is no reason to stop it again.
    """
    return facts.gate.at_rest or facts.mode is Mode.GETTING_UP


def _is_on_its_soles(facts: Facts) -> bool:
    """Tell whether feet lie flat: what the legs say about lean and load holds only then."""
    return facts.mode not in (Mode.FALLING, Mode.GETTING_UP)


def _of_gate(rule: Rule, is_loss: bool) -> Rule:
    """Return the gate's rule as the supervisor sees it; a loss holds while the gate acts on it.

    Balance calls falls too.
    """

    def holds(facts: Facts, _: SupervisorLimits) -> bool:
        if rule is FALL_RULE and facts.mode is Mode.FALLING:
            return True
        return facts.gate.rule == rule.name and (not is_loss or facts.gate.phase >= GatePhase.HOLD)

    return replace(rule, holds=holds, detail=lambda facts: facts.gate.reason.partition(": ")[2])


def _by_level(*rules: Rule) -> tuple[Rule, ...]:
    return tuple(sorted(rules, key=lambda rule: -rule.level))


INSIDE_RULES: tuple[Rule, ...] = (
    Rule(
        name="driver_lost",
        cause="the driver is silent",
        level=StopLevel.R3_SIT_THEN_CUT,
        within_ms=500,
        holds=lambda f, c: (
            f.gate_age > c.silence_s and f.nodes.silence.get("driver", math.inf) > c.silence_s
        ),
        faults=("F06", "F39"),
    ),
    Rule(
        name="robot_stalled",
        cause="robot_state stands still",
        level=StopLevel.R3_SIT_THEN_CUT,
        within_ms=3000,
        holds=lambda f, c: c.stalled_s < f.state_age < math.inf,
        faults=("F21",),
    ),
    Rule(
        name="limits_differ",
        cause="gate and supervisor do not have the same limits",
        level=StopLevel.R3_SIT_THEN_CUT,
        within_ms=20,
        holds=lambda f, c: f.limits_differ,
        faults=("F11", "F49"),
    ),
    Rule(
        name="standby",
        cause="the driver holds and sits the robot by itself",
        level=StopLevel.R3_SIT_THEN_CUT,
        within_ms=20,
        holds=lambda f, c: f.gate.phase >= GatePhase.HOLD or f.gate_has_latched,
        faults=("F01", "F02"),
        detail=lambda f: f.gate.reason,
    ),
    Rule(
        name="balance_lost",
        cause="balance is silent",
        level=StopLevel.R3_SIT_THEN_CUT,
        within_ms=500,
        holds=silent("balance", "R3"),
        faults=("F01", "F02"),
    ),
    Rule(
        name="balance_stuck",
        cause="balance makes no progress",
        level=StopLevel.R3_SIT_THEN_CUT,
        within_ms=200,
        holds=lambda f, c: f.nodes.behind.get("balance", 0.0) > c.balance_behind_s,
        faults=("F03", "F08"),
    ),
    Rule(
        name="fallen",
        cause="the robot has fallen",
        level=StopLevel.R3_SIT_THEN_CUT,
        within_ms=20,
        holds=lambda f, c: f.tilt > FALLEN_TILT_RAD and not _may_lie(f),
        faults=("F48",),
    ),
    Rule(
        name="tilted",
        cause="the robot tilts too far",
        level=StopLevel.R3_SIT_THEN_CUT,
        within_ms=20,
        holds=lambda f, c: f.tilt > math.radians(c.tilt_deg) and not _may_lie(f),
        faults=("F48",),
    ),
    Rule(
        name="sensor_fault",
        cause="a sensor is not to be trusted",
        level=StopLevel.R3_SIT_THEN_CUT,
        within_ms=70,
        holds=lambda f, c: bool(f.faults.sensor),
        faults=("F24", "F25", "F26"),
        detail=lambda f: f.faults.sensor,
    ),
    Rule(
        name="body_fault",
        cause="IMU and legs contradict each other",
        level=StopLevel.R3_SIT_THEN_CUT,
        within_ms=120,
        holds=lambda f, c: (
            bool(f.faults.body) and f.gate.phase is not GatePhase.OFF and _is_on_its_soles(f)
        ),
        faults=("F25",),
        detail=lambda f: f.faults.body,
    ),
    Rule(
        name="hot",
        cause="a winding is hot in 10 s",
        level=StopLevel.R3_SIT_THEN_CUT,
        within_ms=1000,
        holds=lambda f, c: f.heat.hottest > 1.0,
        faults=("F33",),
        detail=lambda f: f.heat.joint,
    ),
    Rule(
        name="battery_critical",
        cause="the battery is nearly empty",
        level=StopLevel.R3_SIT_THEN_CUT,
        within_ms=1000,
        holds=lambda f, c: f.battery < c.battery_critical,
        faults=("F38",),
    ),
    Rule(
        name="gate_asks",
        cause="the driver asks for a stop",
        level=StopLevel.R2_SAFE_STAND,
        within_ms=20,
        holds=lambda f, c: (
            f.gate.request >= StopLevel.R2_SAFE_STAND and f.gate.rule not in GATE_RULE_NAMES
        ),
        faults=("F11",),
        detail=lambda f: f.gate.reason,
    ),
    Rule(
        name="second_voice",
        cause="somebody else speaks on the command path",
        level=StopLevel.R2_SAFE_STAND,
        within_ms=120,
        holds=lambda f, c: bool(f.nodes.intruded),
        faults=("F51",),
        detail=lambda f: f"heard by {', '.join(f.nodes.intruded)}",
    ),
    Rule(
        name="foot_fault",
        cause="a foot sensor is not to be trusted",
        level=StopLevel.R2_SAFE_STAND,
        within_ms=120,
        holds=lambda f, c: bool(f.faults.foot) and _is_on_its_soles(f),
        faults=("F27",),
        detail=lambda f: f.faults.foot,
    ),
    Rule(
        name="not_at_rest",
        cause="sensors do not show a robot at rest",
        level=StopLevel.R2_SAFE_STAND,
        within_ms=120,
        holds=lambda f, c: bool(f.faults.rest) and f.gate.phase is GatePhase.OFF,
        faults=("F16",),
        detail=lambda f: f.faults.rest,
    ),
    Rule(
        name="camera_gone",
        cause="the camera stays silent",
        level=StopLevel.R2_SAFE_STAND,
        within_ms=500,
        holds=silent("camera", "R2"),
        faults=("F29",),
    ),
    Rule(
        name="camera_lost",
        cause="the camera is silent",
        level=StopLevel.R1_DEGRADE,
        within_ms=300,
        holds=silent("camera", "R1"),
        faults=("F04", "F28"),
    ),
    Rule(
        name="camera_stuck",
        cause="the camera makes no progress",
        level=StopLevel.R1_DEGRADE,
        within_ms=600,
        holds=lambda f, c: f.nodes.behind.get("camera", 0.0) > c.camera_behind_s,
        faults=("F28",),
    ),
    Rule(
        name="map_lost",
        cause="the map is silent",
        level=StopLevel.R1_DEGRADE,
        within_ms=500,
        holds=silent("map", "R1"),
        faults=("F04", "F22"),
    ),
    Rule(
        name="warm",
        cause="a winding is warm",
        level=StopLevel.R1_DEGRADE,
        within_ms=1000,
        holds=lambda f, c: f.heat.warmest > c.warm,
        faults=("F33",),
        detail=lambda f: f.heat.joint,
    ),
    Rule(
        name="battery_low",
        cause="the battery is low",
        level=StopLevel.R1_DEGRADE,
        within_ms=1000,
        holds=lambda f, c: f.battery < c.battery_low,
        faults=("F38",),
    ),
)
RULES = _by_level(
    *(_of_gate(rule, True) for rule in LOSS_RULES),
    *(_of_gate(rule, False) for rule in REQUEST_RULES),
    *INSIDE_RULES,
    *NODE_RULES,
    *OUTSIDE_RULES,
)
