# SPDX-License-Identifier: Apache-2.0
"""What a scenario needs of the robot that it is played on: one in this process, or one on a running graph."""

from __future__ import annotations

from typing import Protocol

from talus_lab.scenario.record import Look
from talus_lab.scenario.scenario import Event

# Modes of balance, the numbers of BalanceState.msg.
SEATED, STANDING, SITTING_DOWN = 1, 3, 5


class Stage(Protocol):
    """A robot from its limp start."""

    @property
    def time(self) -> float:
        """Simulated s."""

    @property
    def mode(self) -> int:
        """Of balance."""

    @property
    def is_on_one_foot(self) -> bool:
        """As balance says."""

    @property
    def why(self) -> str:
        """What keeps the robot from doing as it is told, in words."""

    def advance(self) -> None:
        """Let a tick pass, or wait for the next news."""

    def ask(self, wish: str) -> bool:
        """`arm`, `stand`, `sit`...: whether it was granted."""

    def walk(self, speed: float) -> None:
        """m/s forward, until another speed is asked for."""

    def load(self, force: float, seconds: float) -> None:
        """N down on each hand."""

    def do(self, event: Event) -> int:
        """Let it happen; the first tick under it. Raises TalusError, ValueError where this stage cannot."""

    def mark(self) -> None:
        """From here on `moved` counts."""

    def look(self) -> Look:
        """At the newest tick."""
