# SPDX-License-Identifier: Apache-2.0
"""The supervisor's rules as a table: what is tested, which level follows, what clears it, how soon it must act."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from talus_safety.config import SupervisorConfig
from talus_safety.decision import GatePhase
from talus_safety.facts import BalanceMode, Facts
from talus_safety.ladder import StopLevel

FALLEN = math.radians(60.0)  # no foot is under the body any more
RESET, ENDS = "safety/reset, then safety/arm", "its cause gone for 2 s"
BALANCE_ROBOT_SILENCE = 0.05  # s of robot time: a sixth of the time in which a fall doubles
CAMERA_ROBOT_SILENCE = 0.35  # s of robot time: the simulator waits 0.15 s for a camera, and it sees at 10 Hz
CAMERA_STOP = 2.0  # times the silence that asks for R1 ask for R2


@dataclass(frozen=True)
class Rule:
    """One row.

    Attributes:
        name: In tables and tests.
        cause: What an operator reads.
        level: That is asked for while the test holds, and kept from R2 on.
        within_ms: Longest time from the cause to the request, in robot time plus transport.
        holds: The test.
    """

    name: str
    cause: str
    level: StopLevel
    within_ms: int
    holds: Callable[[Facts, SupervisorConfig], bool]

    @property
    def clears_by(self) -> str:
        """What ends it."""
        return RESET if self.level >= StopLevel.R2_SAFE_STAND else ENDS


def _silent(node: str, robot_time: float, times: float = 1.0) -> Callable[[Facts, SupervisorConfig], bool]:
    """Both clocks agree that a node's heartbeat is missing: a slow computer slows robot time, a dead node does not."""

    def holds(facts: Facts, config: SupervisorConfig) -> bool:
        silence, robot_silence = facts.silence.get(node, 0.0), facts.robot_silence.get(node, 0.0)
        return silence > times * config.silence_s and robot_silence > times * robot_time

    return holds


def _may_lie(facts: Facts) -> bool:
    """Its fall is over, or it is on its way up from the ground: lying is no reason to stop it again."""
    return facts.gate.at_rest or facts.mode is BalanceMode.GETTING_UP


RULES: tuple[Rule, ...] = (
    Rule(
        "driver_lost", "the driver is silent", StopLevel.R3_SIT_THEN_CUT, 500,
        lambda f, c: f.gate_age > c.silence_s and f.silence.get("driver", math.inf) > c.silence_s,
    ),
    Rule(
        "robot_stalled", "robot_state stands still", StopLevel.R3_SIT_THEN_CUT, 3000,
        lambda f, c: c.stalled_s < f.state_age < math.inf,
    ),
    Rule(
        "standby", "the driver holds and sits the robot by itself", StopLevel.R3_SIT_THEN_CUT, 20,
        lambda f, c: f.gate.phase >= GatePhase.HOLD or f.gate_has_latched,
    ),
    Rule(
        "balance_lost", "balance is silent", StopLevel.R3_SIT_THEN_CUT, 500,
        _silent("balance", BALANCE_ROBOT_SILENCE),
    ),
    Rule(
        "balance_stuck", "balance makes no progress", StopLevel.R3_SIT_THEN_CUT, 350,
        lambda f, c: f.behind.get("balance", 0.0) > c.balance_behind_s,
    ),
    Rule(
        "falling", "the robot falls", StopLevel.R3_SIT_THEN_CUT, 40,
        lambda f, c: f.mode is BalanceMode.FALLING,
    ),
    Rule(
        "fallen", "the robot has fallen", StopLevel.R3_SIT_THEN_CUT, 20,
        lambda f, c: f.tilt > FALLEN and not _may_lie(f),
    ),
    Rule(
        "tilted", "the robot tilts too far", StopLevel.R3_SIT_THEN_CUT, 20,
        lambda f, c: f.tilt > math.radians(c.tilt_deg) and not _may_lie(f),
    ),
    Rule(
        "sensor_fault", "a sensor is not to be trusted", StopLevel.R3_SIT_THEN_CUT, 70,
        lambda f, c: bool(f.sensor_fault),
    ),
    Rule(
        "battery_critical", "the battery is nearly empty", StopLevel.R3_SIT_THEN_CUT, 1000,
        lambda f, c: f.battery < c.battery_critical,
    ),
    Rule(
        "commands_refused", "joint commands are refused", StopLevel.R2_SAFE_STAND, 20,
        lambda f, c: f.gate.request >= StopLevel.R2_SAFE_STAND,
    ),
    Rule(
        "camera_gone", "the camera stays silent", StopLevel.R2_SAFE_STAND, 1000,
        _silent("camera", CAMERA_ROBOT_SILENCE, CAMERA_STOP),
    ),
    Rule(
        "camera_lost", "the camera is silent", StopLevel.R1_DEGRADE, 500,
        _silent("camera", CAMERA_ROBOT_SILENCE),
    ),
    Rule(
        "camera_stuck", "the camera makes no progress", StopLevel.R1_DEGRADE, 600,
        lambda f, c: f.behind.get("camera", 0.0) > c.camera_behind_s,
    ),
    Rule(
        "map_lost", "the map is silent", StopLevel.R1_DEGRADE, 500,
        _silent("map", CAMERA_ROBOT_SILENCE),
    ),
    Rule(
        "battery_low", "the battery is low", StopLevel.R1_DEGRADE, 1000,
        lambda f, c: f.battery < c.battery_low,
    ),
)  # fmt: skip
