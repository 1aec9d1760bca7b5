# SPDX-License-Identifier: Apache-2.0
"""The stop ladder: ordered levels of restriction, of which the most restrictive wins."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum


class StopLevel(IntEnum):
    """What is asked of the robot; the numbers are those of SafetyState.msg, and greater is stricter."""

    R0_RUN = 0
    R1_DEGRADE = 1
    R2_SAFE_STAND = 2
    R3_SIT_THEN_CUT = 3
    R4_PROTECTIVE_FALL = 4
    R5_CUT = 5

    @classmethod
    def from_message(cls, value: int) -> StopLevel:
        """The level with this number; a number that names none reads as R3: what is not understood restricts."""
        try:
            return cls(value)
        except ValueError:
            return cls.R3_SIT_THEN_CUT


def most_restrictive(levels: Iterable[StopLevel]) -> StopLevel:
    """The strictest of some requests, R0 if there is none."""
    return max(levels, default=StopLevel.R0_RUN)
