# SPDX-License-Identifier: Apache-2.0
"""What the last gate decides each tick."""

from __future__ import annotations

from typing import NamedTuple

from talus_core.gate_phases import GatePhase
from talus_core.state import JointCommand
from talus_core.stop_levels import StopLevel


class GateCounters(NamedTuple):
    """Frames since the start; `command_sequence` is the RobotState that the newest accepted one answers."""

    accepted: int = 0
    rejected: int = 0
    rejected_in_row: int = 0
    clamped: int = 0
    command_sequence: int = 0


class GateDecision(NamedTuple):
    """What the driver does this tick.

    Attributes:
        command: For `driver.write`; None = `driver.stop`.
        phase: Of the gate.
        latched: Only reset and arm let commands through again.
        at_rest: The robot is seated or lying, and still.
        request: The least level that the gate asks of the supervisor.
        reason: Of phase and request; empty when all is well.
        rule: Name of the rule that asks; empty when all is well.
        counters: Of command frames.
        cut: Joints whose drives are switched off, where that can be done one by one.
    """

    command: JointCommand | None
    phase: GatePhase
    latched: bool
    at_rest: bool
    request: StopLevel
    reason: str
    rule: str
    counters: GateCounters
    cut: tuple[int, ...] = ()

    @property
    def standby_active(self) -> bool:
        """The gate moves the robot by itself."""
        return self.phase >= GatePhase.HOLD
