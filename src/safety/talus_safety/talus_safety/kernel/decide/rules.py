# SPDX-License-Identifier: Apache-2.0
"""The supervisor's rules as a table: what is tested, which level follows, what clears it, how soon it must act."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

from talus_core.gate_phases import GatePhase
from talus_core.modes import Mode
from talus_core.stop_levels import StopLevel

from talus_safety.kernel.decide.facts import Facts
from talus_safety.kernel.decide.gate_rules import FALL, GATE_RULES, LOSSES, REQUESTS
from talus_safety.kernel.decide.outside_rules import OUTSIDE
from talus_safety.kernel.decide.rule import Rule
from talus_safety.kernel.limits import SupervisorLimits

R1, R2, R3 = StopLevel.R1_DEGRADE, StopLevel.R2_SAFE_STAND, StopLevel.R3_SIT_THEN_CUT
FALLEN = math.radians(60.0)  # no foot is under the body any more
BALANCE_ROBOT_SILENCE = 0.05  # s of robot time: a sixth of the time in which a fall doubles
CAMERA_ROBOT_SILENCE = (
    0.35  # s of robot time: the simulator waits 0.15 s for a camera, and it sees at 10 Hz
)
CAMERA_DEGRADES, CAMERA_STOPS = (
    0.5,
    0.9,
)  # of the silence that counts as lost: five beats are R1, nine R2
KNOWN = frozenset(rule.name for rule in GATE_RULES)


def _silent(
    node: str, robot_time: float, times: float = 1.0
) -> Callable[[Facts, SupervisorLimits], bool]:
    """Both clocks agree that a node's heartbeat is missing: a slow computer slows robot time, a dead node does not."""

    def holds(facts: Facts, config: SupervisorLimits) -> bool:
        silence, robot_silence = facts.silence.get(node, 0.0), facts.robot_silence.get(node, 0.0)
        return silence > times * config.silence_s and robot_silence > times * robot_time

    return holds


def _may_lie(facts: Facts) -> bool:
    """Its fall is over, or it is on its way up from the ground: lying is no reason to stop it again."""
    return facts.gate.at_rest or facts.mode is Mode.GETTING_UP


def _is_on_its_soles(facts: Facts) -> bool:
    """Feet lie flat on the ground: what the legs say about lean and load holds only then."""
    return facts.mode not in (Mode.FALLING, Mode.GETTING_UP)


def _of_gate(rule: Rule, is_loss: bool) -> Rule:
    """The gate's rule as the supervisor sees it; a loss holds while the gate acts on it. Balance calls falls too."""

    def holds(facts: Facts, _: SupervisorLimits) -> bool:
        if rule is FALL and facts.mode is Mode.FALLING:
            return True
        return facts.gate.rule == rule.name and (not is_loss or facts.gate.phase >= GatePhase.HOLD)

    return replace(rule, holds=holds, detail=lambda facts: facts.gate.reason.partition(": ")[2])


def _by_level(*rules: Rule) -> tuple[Rule, ...]:
    return tuple(sorted(rules, key=lambda rule: -rule.level))


OWN: tuple[Rule, ...] = (
    Rule("driver_lost", "the driver is silent", R3, 500,
        lambda f, c: f.gate_age > c.silence_s and f.silence.get("driver", math.inf) > c.silence_s, ("F06", "F39")),
    Rule("robot_stalled", "robot_state stands still", R3, 3000,
        lambda f, c: c.stalled_s < f.state_age < math.inf, ("F21",)),
    Rule("limits_differ", "gate and supervisor do not have the same limits", R3, 20,
        lambda f, c: f.limits_differ, ("F11", "F49")),
    Rule("standby", "the driver holds and sits the robot by itself", R3, 20,
        lambda f, c: f.gate.phase >= GatePhase.HOLD or f.gate_has_latched, ("F01", "F02"), lambda f: f.gate.reason),
    Rule("balance_lost", "balance is silent", R3, 500, _silent("balance", BALANCE_ROBOT_SILENCE), ("F01", "F02")),
    Rule("balance_stuck", "balance makes no progress", R3, 200,
        lambda f, c: f.behind.get("balance", 0.0) > c.balance_behind_s, ("F03", "F08")),
    Rule("fallen", "the robot has fallen", R3, 20, lambda f, c: f.tilt > FALLEN and not _may_lie(f), ("F48",)),
    Rule("tilted", "the robot tilts too far", R3, 20,
        lambda f, c: f.tilt > math.radians(c.tilt_deg) and not _may_lie(f), ("F48",)),
    Rule("sensor_fault", "a sensor is not to be trusted", R3, 70,
        lambda f, c: bool(f.sensor_fault), ("F24", "F25", "F26"), lambda f: f.sensor_fault),
    Rule(
        "body_fault", "IMU and legs contradict each other", R3, 120,
        lambda f, c: bool(f.body_fault) and f.gate.phase is not GatePhase.OFF and _is_on_its_soles(f),
        ("F25",), lambda f: f.body_fault,
    ),
    Rule("hot", "a winding is hot in 10 s", R3, 1000,
        lambda f, c: f.hottest > 1.0, ("F33",), lambda f: f.hot_joint),
    Rule("battery_critical", "the battery is nearly empty", R3, 1000,
        lambda f, c: f.battery < c.battery_critical, ("F38",)),
    Rule("gate_asks", "the driver asks for a stop", R2, 20,
        lambda f, c: f.gate.request >= R2 and f.gate.rule not in KNOWN, ("F11",), lambda f: f.gate.reason),
    Rule("foot_fault", "a foot sensor is not to be trusted", R2, 120,
        lambda f, c: bool(f.foot_fault) and _is_on_its_soles(f), ("F27",), lambda f: f.foot_fault),
    Rule("not_at_rest", "sensors do not show a robot at rest", R2, 120,
        lambda f, c: bool(f.rest_fault) and f.gate.phase is GatePhase.OFF, ("F16",), lambda f: f.rest_fault),
    Rule("camera_gone", "the camera stays silent", R2, 500,
        _silent("camera", CAMERA_ROBOT_SILENCE, CAMERA_STOPS), ("F29",)),
    Rule("camera_lost", "the camera is silent", R1, 300,
        _silent("camera", CAMERA_ROBOT_SILENCE, CAMERA_DEGRADES), ("F04", "F28")),
    Rule("camera_stuck", "the camera makes no progress", R1, 600,
        lambda f, c: f.behind.get("camera", 0.0) > c.camera_behind_s, ("F28",)),
    Rule("map_lost", "the map is silent", R1, 500, _silent("map", CAMERA_ROBOT_SILENCE, CAMERA_STOPS), ("F04", "F22")),
    Rule("warm", "a winding is warm", R1, 1000, lambda f, c: f.warmest > c.warm, ("F33",), lambda f: f.hot_joint),
    Rule("battery_low", "the battery is low", R1, 1000, lambda f, c: f.battery < c.battery_low, ("F38",)),
)  # fmt: skip
RULES = _by_level(
    *(_of_gate(rule, True) for rule in LOSSES),
    *(_of_gate(rule, False) for rule in REQUESTS),
    *OWN,
    *OUTSIDE,
)
