# SPDX-License-Identifier: Apache-2.0
"""Keeps the supervisor's newest judgement, shared by the thread that judges and the executor's."""

from __future__ import annotations

from threading import Lock

from talus_safety.kernel.decide.supervisor.facts import Facts
from talus_safety.kernel.decide.supervisor.supervisor import (
    Answer,
    Supervisor,
    SupervisorState,
    Wish,
)


class Judgement:
    """Keeps the supervisor's state and the newest facts, behind a lock.

    Operators' requests come in the executor's thread.
    """

    def __init__(self, supervisor: Supervisor, facts: Facts):
        self.state = SupervisorState()
        self.facts = facts
        self._supervisor = supervisor
        self._lock = Lock()

    def ask(self, wish: Wish) -> Answer:
        """Answer an operator's request, and fulfil it where it is allowed."""
        with self._lock:
            self.state, answer = self._supervisor.ask(self.state, self.facts, wish)
            return answer

    def step_judgement(
        self, facts: Facts, passed: float
    ) -> tuple[SupervisorState, SupervisorState]:
        """Judge these facts after `passed` s of robot time; returns the states before and after."""
        with self._lock:
            before = self.state
            self.facts = facts
            self.state = self._supervisor.step_level(before, facts, passed)
            return before, self.state
