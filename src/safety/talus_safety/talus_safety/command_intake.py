# SPDX-License-Identifier: Apache-2.0
"""Checks and counts the commands that reach the last gate, and keeps the newest sound one."""

from __future__ import annotations

from talus_core.robot import RobotDescription
from talus_core.state import JointCommand, RobotState

from talus_safety.kernel.decide.gate.decision import GateCounters
from talus_safety.kernel.decide.gate.gate_facts import CommandFacts
from talus_safety.kernel.decide.gate.watchdog import Watchdog
from talus_safety.kernel.judge.limiter import CommandLimiter
from talus_safety.kernel.limits import GateConfig


class CommandIntake:
    """Keeps the newest sound command; all that reaches the drives passes through its limits."""

    def __init__(self, robot: RobotDescription, period: float, config: GateConfig):
        self._limiter = CommandLimiter(robot, period, config.limiter)
        self._watchdog = Watchdog(config.command_timeout_s)
        self._good: JointCommand | None = None  # the newest accepted command
        self._refusal = ""  # why the newest command was refused
        self.counters = GateCounters()

    def take(self, now: float, state: RobotState, command: JointCommand, may_be_limp: bool) -> None:
        """Keep a command if it is sound, and count it in any case."""
        counters = self.counters
        self._refusal = self._limiter.refuse(command, state, may_be_limp)
        if self._refusal:
            self.counters = counters._replace(
                rejected=counters.rejected + 1, rejected_in_row=counters.rejected_in_row + 1
            )
            return
        self._good = command
        self.counters = counters._replace(
            accepted=counters.accepted + 1, rejected_in_row=0, command_sequence=command.sequence
        )
        self._watchdog.feed(now)

    def is_newest(self, command: JointCommand | None) -> bool:
        """Return whether this is the newest sound command."""
        return command is not None and command is self._good

    def pass_on(self, state: RobotState, is_fresh: bool) -> JointCommand:
        """Return the newest sound command within all limits.

        A command that `is_fresh` and had to be cut is counted as clamped.
        """
        assert self._good is not None  # RUN begins with a sound command
        command, was_cut = self._limiter.limit(self._good, state)
        if is_fresh and was_cut:
            self.counters = self.counters._replace(clamped=self.counters.clamped + 1)
        return command

    def limit(self, command: JointCommand, state: RobotState) -> JointCommand:
        """Return the gate's own command within all limits."""
        return self._limiter.limit(command, state)[0]

    def relax(self) -> None:
        """Forget the targets in force: torque is off."""
        self._limiter.relax()

    def facts(self, now: float) -> CommandFacts:
        """Return how commands arrive, at the time `now`, s."""
        return CommandFacts(
            is_late=self._watchdog.expired(now),
            refused_in_row=self.counters.rejected_in_row,
            refusal=self._refusal,
        )
