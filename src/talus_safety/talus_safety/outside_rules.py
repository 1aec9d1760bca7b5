# SPDX-License-Identifier: Apache-2.0
"""The supervisor's rules about what is outside of the body: operators and what they press."""

from __future__ import annotations

from talus_safety.kernel import Rule
from talus_safety.ladder import StopLevel

R2, R3 = StopLevel.R2_SAFE_STAND, StopLevel.R3_SIT_THEN_CUT

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
)  # fmt: skip
