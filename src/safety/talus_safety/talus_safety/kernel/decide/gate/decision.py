# SPDX-License-Identifier: Apache-2.0
"""Defines the last gate's decision of one control tick."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

from talus_core.state import JointCommand
from talus_core.words.body_senses import BodySense
from talus_core.words.gate_phases import GatePhase
from talus_core.words.stop_levels import StopLevel


class GateCounters(NamedTuple):
    """Counts command frames since the start.

    `command_sequence` is the number of the RobotState that the newest accepted command answers.
    """

    accepted: int = 0
    rejected: int = 0
    rejected_in_row: int = 0
    clamped: int = 0
    command_sequence: int = 0


CUT_TORQUE: Final = None  # stands in place of a command where the driver must stop


@dataclass(frozen=True, kw_only=True)
class GateDecision:
    """Says what the driver does in one control tick.

    Attributes:
        command: Command for `driver.write`, or CUT_TORQUE where `driver.stop` is called instead.
        phase: Phase of the gate; it is OFF exactly where torque is cut.
        latched: Whether commands stay locked out until an operator resets and arms.
        at_rest: Whether the robot is seated or lying, and still.
        request: The least stop level that the gate asks of the supervisor.
        reason: Why phase and request are what they are; empty when all is well.
        rule: Name of the rule that asks; empty when all is well.
        counters: Numbers of command frames since the start.
        cut: Joints whose drives are switched off, on robots that can switch them one by one.
        unfelt: What the body cannot say; the gate asks nothing that follows from it.
        is_kept: Whether a robot that cannot be cut has sat down and is held there.
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
    unfelt: frozenset[BodySense] = frozenset()
    is_kept: bool = False

    @property
    def cuts_torque(self) -> bool:
        """Tell whether all torque is cut, so that the driver stops instead of writing a command."""
        return self.command is CUT_TORQUE

    @property
    def standby_active(self) -> bool:
        """Tell whether the gate moves the robot by itself."""
        return self.phase >= GatePhase.HOLD
