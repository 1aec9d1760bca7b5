# SPDX-License-Identifier: Apache-2.0
"""Lists the last gate's rules: what it tests in every control tick, strictest first."""

from __future__ import annotations

from talus_core.words.stop_levels import StopLevel

from talus_safety.kernel.decide.gate.gate_facts import GateFacts
from talus_safety.kernel.decide.rule import Rule
from talus_safety.kernel.judge.power import DEGRADING_TORQUE_LEFT, STOPPING_TORQUE_LEFT
from talus_safety.kernel.limits import GateConfig

NOT_FINITE_TICKS = 5  # 10 ms without finite sensor values: two samples of a 200 Hz IMU


def _stale(facts: GateFacts, config: GateConfig) -> bool:
    return facts.permit is None or facts.permit_age > config.permit_timeout_s


# A controller that balances falls as softly as it can; where the gate moves the robot, the gate
# does.
FALL_RULE = Rule(
    name="falling",
    cause="the robot falls",
    level=StopLevel.R4_PROTECTIVE_FALL,
    within_ms=40,
    holds=lambda f, c: f.is_falling,
    faults=("F43", "F48"),
)

# Losses: the gate takes over by itself, since what these rules ask for needs no other process.
LOSS_RULES: tuple[Rule, ...] = (
    Rule(
        name="permit_lost",
        cause="no fresh safety/state",
        level=StopLevel.R3_SIT_THEN_CUT,
        within_ms=104,
        holds=_stale,
        faults=("F05", "F18", "F19"),
    ),
    Rule(
        name="torque_withdrawn",
        cause="torque is not permitted",
        level=StopLevel.R3_SIT_THEN_CUT,
        within_ms=20,
        holds=lambda f, c: not f.lets_torque_stay,
        faults=("F45",),
    ),
    Rule(
        name="sensors_bad",
        cause="sensor values are not finite",
        level=StopLevel.R3_SIT_THEN_CUT,
        within_ms=12,
        holds=lambda f, c: f.bad_ticks > NOT_FINITE_TICKS,
        faults=("F25",),
    ),
    Rule(
        name="imu_fault",
        cause="the IMU fails",
        level=StopLevel.R3_SIT_THEN_CUT,
        within_ms=50,
        holds=lambda f, c: bool(f.faults.imu),
        faults=("F23", "F24"),
        detail=lambda f: f.faults.imu,
    ),
    Rule(
        name="encoder_fault",
        cause="an encoder fails",
        level=StopLevel.R3_SIT_THEN_CUT,
        within_ms=20,
        holds=lambda f, c: bool(f.faults.encoder),
        faults=("F26",),
        detail=lambda f: f.faults.encoder,
    ),
    Rule(
        name="foot_fails",
        cause="a foot sensor fails",
        level=StopLevel.R3_SIT_THEN_CUT,
        within_ms=180,
        holds=lambda f, c: bool(f.faults.foot),
        faults=("F27",),
        detail=lambda f: f.faults.foot,
    ),
    Rule(
        name="misled",
        cause="the controller is misled by its sensors",
        level=StopLevel.R3_SIT_THEN_CUT,
        within_ms=30,
        holds=lambda f, c: f.permit is not None and f.permit.rule == "sensor_fault",
        faults=("F16",),
    ),
    Rule(
        name="commands_lost",
        cause="no sound joint_command in time",
        level=StopLevel.R3_SIT_THEN_CUT,
        within_ms=24,
        holds=lambda f, c: f.commands.is_late,
        faults=("F01", "F02", "F03", "F08", "F09", "F12", "F13"),
    ),
)

# Requests: the controller stays in command and leads the robot to where the level asks it to be.
REQUEST_RULES: tuple[Rule, ...] = (
    FALL_RULE,
    Rule(
        name="leg_fault",
        cause="a joint that carries fails",
        level=StopLevel.R3_SIT_THEN_CUT,
        within_ms=50,
        holds=lambda f, c: bool(f.faults.leg),
        faults=("F31", "F34", "F35", "F36"),
        detail=lambda f: f.faults.leg,
    ),
    Rule(
        name="bus_low",
        cause="the bus voltage drops",
        level=StopLevel.R3_SIT_THEN_CUT,
        within_ms=100,
        holds=lambda f, c: f.supply.bus_drop > c.monitors.bus_drop,
        faults=("F37",),
    ),
    Rule(
        name="derated",
        cause="a drive has little torque left",
        level=StopLevel.R3_SIT_THEN_CUT,
        within_ms=20,
        holds=lambda f, c: f.supply.torque_left < STOPPING_TORQUE_LEFT,
        faults=("F33",),
        detail=lambda f: f.supply.weakest,
    ),
    Rule(
        name="runaway_lasts",
        cause="a joint stays outside its envelope",
        level=StopLevel.R3_SIT_THEN_CUT,
        within_ms=100,
        holds=lambda f, c: f.runaway.lasts_s > c.monitors.runaway_s,
        faults=("F36",),
        detail=lambda f: f.runaway.what,
    ),
    Rule(
        name="leg_locked",
        cause="the robot stands but cannot sit",
        level=StopLevel.R2_SAFE_STAND,
        within_ms=50,
        holds=lambda f, c: bool(f.faults.leg_locked),
        faults=("F32",),
        detail=lambda f: f.faults.leg_locked,
    ),
    Rule(
        name="arm_fault",
        cause="a joint that carries nothing fails",
        level=StopLevel.R2_SAFE_STAND,
        within_ms=50,
        holds=lambda f, c: bool(f.faults.arm),
        faults=("F31", "F32", "F34", "F35", "F36"),
        detail=lambda f: f.faults.arm,
    ),
    Rule(
        name="runaway",
        cause="a joint leaves its envelope",
        level=StopLevel.R2_SAFE_STAND,
        within_ms=10,
        holds=lambda f, c: bool(f.runaway.what),
        faults=("F36",),
        detail=lambda f: f.runaway.what,
    ),
    Rule(
        name="commands_refused",
        cause="joint_command refused",
        level=StopLevel.R2_SAFE_STAND,
        within_ms=20,
        holds=lambda f, c: f.commands.refused_in_row >= c.limiter.rejected_in_row,
        faults=("F14", "F15", "F16", "F17"),
        detail=lambda f: f.commands.refusal,
    ),
    Rule(
        name="derates",
        cause="a drive gives less and less torque",
        level=StopLevel.R1_DEGRADE,
        within_ms=20,
        holds=lambda f, c: f.supply.torque_left < DEGRADING_TORQUE_LEFT,
        faults=("F33",),
        detail=lambda f: f.supply.weakest,
    ),
)

GATE_RULES = (FALL_RULE, *LOSS_RULES, *REQUEST_RULES[1:])
