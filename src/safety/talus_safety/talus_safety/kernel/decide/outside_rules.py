# SPDX-License-Identifier: Apache-2.0
"""The supervisor's rules about what is outside of the body: operators, frames, the map, the ground under it."""

from __future__ import annotations

from talus_core.stop_levels import StopLevel

from talus_safety.kernel.decide.rule import Rule

R1, R2, R3 = StopLevel.R1_DEGRADE, StopLevel.R2_SAFE_STAND, StopLevel.R3_SIT_THEN_CUT

OUTSIDE: tuple[Rule, ...] = (
    Rule(
        "stop_pressed", "a stop is pressed", R3, 24,
        lambda f, c: bool(f.operator.pressed), ("F41", "F42"), lambda f: f.operator.pressed,
    ),
    Rule("operator_lost", "the operator's link is lost", R3, 2000, lambda f, c: f.operator.age > c.operator_lost_s,
         ("F44",)),
    Rule("operator_late", "the operator's link is silent", R2, 500, lambda f, c: f.operator.age > c.operator_late_s,
         ("F44",)),
    Rule("operator_released", "the operator lets go", R2, 200, lambda f, c: f.operator.is_released, ("F44",)),
    Rule("person_near", "somebody comes too near", R2, 50, lambda f, c: f.stop_gap < 0.0, ("F46",)),
    Rule("person_comes", "somebody comes near", R1, 50, lambda f, c: f.slow_gap < 0.0, ("F46",)),
    Rule(
        "capture_margin", "the capture point is far from the feet", R1, 100,
        lambda f, c: f.capture_margin < c.capture_margin_m, ("F48",),
    ),
    Rule("frames_old", "frames are old", R1, 300, lambda f, c: f.frames_age > c.frames_age_s, ("F22",)),
    Rule("map_old", "the map is old", R1, 1100, lambda f, c: f.map_age > c.map_age_s, ("F22",)),
)  # fmt: skip
