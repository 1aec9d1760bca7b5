# SPDX-License-Identifier: Apache-2.0
"""Tells the drives the supervisor's word.

What the last gate needs of SafetyState, and its age in control ticks.
"""

from __future__ import annotations

from dataclasses import dataclass

from talus_core.stop_levels import StopLevel


@dataclass(frozen=True)
class TorquePermit:
    """Holds one SafetyState, as far as torque is concerned.

    Attributes:
        level: Of the stop ladder.
        armed: An operator armed since the last stop.
        torque_permitted: The drives may produce torque.
        sequence: Newest RobotState that the supervisor had seen.
        rule: Name of the rule behind the level.
    """

    level: StopLevel
    armed: bool
    torque_permitted: bool
    sequence: int
    rule: str = ""

    def age(self, sequence: int, period: float) -> float:
        """Return the time between the state it was given on and the state `sequence`, s.

        Infinite if it claims to know the future.
        """
        ticks = sequence - self.sequence
        return ticks * period if ticks >= 0 else float("inf")

    @property
    def lets_torque_stay(self) -> bool:
        """Tell whether torque that is on may stay on."""
        return self.torque_permitted and self.level < StopLevel.R5_CUT

    @property
    def lets_torque_start(self) -> bool:
        """Tell whether torque may come on: armed, and no stop would take it off again."""
        return self.torque_permitted and self.armed and self.level < StopLevel.R3_SIT_THEN_CUT
