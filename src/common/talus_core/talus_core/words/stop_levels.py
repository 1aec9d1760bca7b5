# SPDX-License-Identifier: Apache-2.0
"""Defines the levels of the stop ladder, which safety may ask of the robot, for all packages."""

from __future__ import annotations

from enum import IntEnum


class StopLevel(IntEnum):
    """Names what is asked of the robot.

    The numbers are those of SafetyState.msg; a greater one is stricter.
    """

    R0_RUN = 0
    R1_DEGRADE = 1
    R2_SAFE_STAND = 2
    R3_SIT_THEN_CUT = 3
    R4_PROTECTIVE_FALL = 4
    R5_CUT = 5

    @classmethod
    def from_message(cls, value: int) -> StopLevel:
        """Return the level with this number; an unknown number reads as R3.

        What is not understood must restrict.
        """
        try:
            return cls(value)
        except ValueError:
            return cls.R3_SIT_THEN_CUT

    @property
    def code(self) -> str:
        """Return the level's short name as operators say it, such as `R3`."""
        return f"R{self.value}"
