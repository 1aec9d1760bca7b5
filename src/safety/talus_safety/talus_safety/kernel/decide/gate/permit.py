# SPDX-License-Identifier: Apache-2.0
"""Defines the supervisor's permit for torque, as the last gate reads it from SafetyState.

Its age is counted in control ticks.
"""

from __future__ import annotations

from dataclasses import dataclass

from talus_core.words.stop_levels import StopLevel


@dataclass(frozen=True)
class TorquePermit:
    """Holds the part of one SafetyState that concerns torque.

    Attributes:
        level: Level of the stop ladder.
        armed: Whether an operator armed the robot since the last stop.
        torque_permitted: Whether the drives may produce torque.
        sequence: Number of the newest RobotState that the supervisor had seen.
        rule: Name of the rule behind the level; empty where none asks.
    """

    level: StopLevel
    armed: bool
    torque_permitted: bool
    sequence: int
    rule: str = ""

    def age(self, sequence: int, period: float) -> float:
        """Return the time from the permit's RobotState to the RobotState `sequence`, s.

        The age is infinite if the permit claims to have seen a later state; `period` is one tick,
        s.
        """
        ticks = sequence - self.sequence
        return ticks * period if ticks >= 0 else float("inf")

    @property
    def lets_torque_stay(self) -> bool:
        """Tell whether torque that is on may stay on."""
        return self.torque_permitted and self.level < StopLevel.R5_CUT

    @property
    def lets_torque_start(self) -> bool:
        """Tell whether torque may come on: it is armed, and no stop would take torque off again."""
        return self.torque_permitted and self.armed and self.level < StopLevel.R3_SIT_THEN_CUT
