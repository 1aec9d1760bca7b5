# SPDX-License-Identifier: Apache-2.0
"""The last gate's rules: what it tests in every control tick, strictest first."""

from __future__ import annotations

from typing import NamedTuple

from talus_core.stop_levels import StopLevel

from talus_safety.kernel.decide.permit import TorquePermit
from talus_safety.kernel.decide.rule import Rule
from talus_safety.kernel.judge.power import DEGRADES, STOPS
from talus_safety.kernel.limits import GateConfig

R1, R2, R3, R4 = (
    StopLevel.R1_DEGRADE,
    StopLevel.R2_SAFE_STAND,
    StopLevel.R3_SIT_THEN_CUT,
    StopLevel.R4_PROTECTIVE_FALL,
)
BAD_TICKS = 5  # 10 ms of sensors that are not finite: two samples of a 200 Hz IMU


class GateFacts(NamedTuple):
    """What the gate knows at one tick.

    Attributes:
        permit: The supervisor's newest word; None before the first.
        permit_age: s of it, in control ticks.
        command_late: No sound command came in time.
        bad_ticks: In a row with sensors that are not finite.
        refused_in_row: Commands since the last sound one.
        refusal: Why the newest command was refused; empty if it was not.
        is_falling: The fall can no longer be stopped.
        imu_fault, encoder_fault, foot_fault, leg_fault, arm_fault: What is wrong with it; empty when nothing is.
        leg_locked: Which joint that carries does not turn, so that the robot cannot sit; empty when none.
        bus_drop: Of the bus voltage against its mean, as a part of it.
        torque_left: Part of its peak that the `weakest` drive can still give.
        runaway: Which envelope the joints leave; empty when none.
        runaway_for: s.
    """

    permit: TorquePermit | None = None
    permit_age: float = 0.0
    command_late: bool = False
    bad_ticks: int = 0
    refused_in_row: int = 0
    refusal: str = ""
    is_falling: bool = False
    imu_fault: str = ""
    encoder_fault: str = ""
    foot_fault: str = ""
    leg_fault: str = ""
    leg_locked: str = ""
    arm_fault: str = ""
    bus_drop: float = 0.0
    torque_left: float = 1.0
    weakest: str = ""
    runaway: str = ""
    runaway_for: float = 0.0


def _stale(facts: GateFacts, config: GateConfig) -> bool:
    return facts.permit is None or facts.permit_age > config.permit_timeout_s


# Whoever balances falls as softly as it can; where the gate has the robot, it does.
FALL = Rule("falling", "the robot falls", R4, 40, lambda f, c: f.is_falling, ("F43", "F48"))

# The gate takes over: it needs nobody for what these rules ask.
LOSSES: tuple[Rule, ...] = (
    Rule("permit_lost", "no fresh safety/state", R3, 104, _stale, ("F05", "F18", "F19")),
    Rule(
        "torque_withdrawn", "torque is not permitted", R3, 20,
        lambda f, c: f.permit is None or not f.permit.lets_torque_stay, ("F45",),
    ),
    Rule("sensors_bad", "sensor values are not finite", R3, 12, lambda f, c: f.bad_ticks > BAD_TICKS, ("F25",)),
    Rule("imu_fault", "the IMU fails", R3, 50, lambda f, c: bool(f.imu_fault), ("F23", "F24"), lambda f: f.imu_fault),
    Rule("encoder_fault", "an encoder fails", R3, 20,
        lambda f, c: bool(f.encoder_fault), ("F26",), lambda f: f.encoder_fault),
    Rule("foot_fails", "a foot sensor fails", R3, 180,
        lambda f, c: bool(f.foot_fault), ("F27",), lambda f: f.foot_fault),
    Rule(
        "misled", "who balances is misled by the sensors", R3, 30,
        lambda f, c: f.permit is not None and f.permit.rule == "sensor_fault", ("F16",),
    ),
    Rule(
        "commands_lost", "no sound joint_command in time", R3, 24, lambda f, c: f.command_late,
        ("F01", "F02", "F03", "F08", "F09", "F12", "F13"),
    ),
)  # fmt: skip

# The gate asks: who balances goes on, on its way to where the level leads.
REQUESTS: tuple[Rule, ...] = (
    FALL,
    Rule("leg_fault", "a joint that carries fails", R3, 50,
        lambda f, c: bool(f.leg_fault), ("F31", "F34", "F35", "F36"), lambda f: f.leg_fault),
    Rule("bus_low", "the bus voltage drops", R3, 100, lambda f, c: f.bus_drop > c.monitors.bus_drop, ("F37",)),
    Rule("derated", "a drive has little torque left", R3, 20,
        lambda f, c: f.torque_left < STOPS, ("F33",), lambda f: f.weakest),
    Rule(
        "runaway_lasts", "a joint stays outside its envelope", R3, 100,
        lambda f, c: f.runaway_for > c.monitors.runaway_s, ("F36",), lambda f: f.runaway,
    ),
    Rule("leg_locked", "the robot stands but cannot sit", R2, 50,
        lambda f, c: bool(f.leg_locked), ("F32",), lambda f: f.leg_locked),
    Rule("arm_fault", "a joint that carries nothing fails", R2, 50,
        lambda f, c: bool(f.arm_fault), ("F31", "F32", "F34", "F35", "F36"), lambda f: f.arm_fault),
    Rule("runaway", "a joint leaves its envelope", R2, 10,
        lambda f, c: bool(f.runaway), ("F36",), lambda f: f.runaway),
    Rule(
        "commands_refused", "joint_command refused", R2, 20,
        lambda f, c: f.refused_in_row >= c.limiter.rejected_in_row, ("F14", "F15", "F16", "F17"), lambda f: f.refusal,
    ),
    Rule("derates", "a drive gives less and less torque", R1, 20,
        lambda f, c: f.torque_left < DEGRADES, ("F33",), lambda f: f.weakest),
)  # fmt: skip

GATE_RULES = (FALL, *LOSSES, *REQUESTS[1:])
