# SPDX-License-Identifier: Apache-2.0
"""Lists the supervisor's rules about what lies outside the body.

They watch operators, frames, the map, people nearby and the ground under the feet.
"""

from __future__ import annotations

from talus_core.words.stop_levels import StopLevel

from talus_safety.kernel.decide.rule import Rule

OUTSIDE_RULES: tuple[Rule, ...] = (
    Rule(
        name="stop_pressed",
        cause="a stop is pressed",
        level=StopLevel.R3_SIT_THEN_CUT,
        within_ms=24,
        holds=lambda f, c: bool(f.operator.pressed),
        faults=("F41", "F42"),
        detail=lambda f: f.operator.pressed,
    ),
    Rule(
        name="operator_lost",
        cause="the operator's link is lost",
        level=StopLevel.R3_SIT_THEN_CUT,
        within_ms=2000,
        holds=lambda f, c: f.operator.age > c.operator_lost_s,
        faults=("F44",),
    ),
    Rule(
        name="operator_late",
        cause="the operator's link is silent",
        level=StopLevel.R2_SAFE_STAND,
        within_ms=500,
        holds=lambda f, c: f.operator.age > c.operator_late_s,
        faults=("F44",),
    ),
    Rule(
        name="operator_released",
        cause="the operator lets go",
        level=StopLevel.R2_SAFE_STAND,
        within_ms=200,
        holds=lambda f, c: f.operator.is_released,
        faults=("F44",),
    ),
    Rule(
        name="person_near",
        cause="somebody comes too near",
        level=StopLevel.R2_SAFE_STAND,
        within_ms=50,
        holds=lambda f, c: f.gaps.stop < 0.0,
        faults=("F46",),
    ),
    Rule(
        name="person_comes",
        cause="somebody comes near",
        level=StopLevel.R1_DEGRADE,
        within_ms=50,
        holds=lambda f, c: f.gaps.slow < 0.0,
        faults=("F46",),
    ),
    Rule(
        name="capture_margin",
        cause="the capture point is far from the feet",
        level=StopLevel.R1_DEGRADE,
        within_ms=100,
        holds=lambda f, c: f.capture_margin < c.capture_margin_m,
        faults=("F48",),
    ),
    Rule(
        name="frames_old",
        cause="frames are old",
        level=StopLevel.R1_DEGRADE,
        within_ms=300,
        holds=lambda f, c: f.frames_age > c.frames_age_s,
        faults=("F22",),
    ),
    Rule(
        name="map_old",
        cause="the map is old",
        level=StopLevel.R1_DEGRADE,
        within_ms=1100,
        holds=lambda f, c: f.map_age > c.map_age_s,
        faults=("F22",),
    ),
)
