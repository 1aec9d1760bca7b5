# SPDX-License-Identifier: Apache-2.0
"""Defines what a scenario needs of its robot, in this process or on a graph."""

from __future__ import annotations

from typing import Protocol

from talus_lab.scenario.record import Look
from talus_lab.scenario.scenario import ScenarioEvent


class ScenarioStage(Protocol):
    """Defines a robot from its limp start on."""

    @property
    def time(self) -> float:
        """Simulated time, s."""

    @property
    def mode(self) -> int:
        """Return what balance does: a number of BalanceState.msg."""

    @property
    def is_on_one_foot(self) -> bool:
        """Whether one foot is in the air, by balance's own word."""

    @property
    def why(self) -> str:
        """Return what keeps the robot from doing what it is told, in words."""

    def advance(self) -> None:
        """Let a tick pass, or wait for the next news."""

    def ask(self, wish: str) -> bool:
        """Ask for `arm`, `stand`, `sit`...; return whether it was granted."""

    def walk(self, speed: float) -> None:
        """Command m/s forward, until another speed is commanded."""

    def load(self, force: float, seconds: float) -> None:
        """Push each hand down with a force, N."""

    def do(self, event: ScenarioEvent) -> int:
        """Let an event happen; return the first tick under it.

        Raises:
            TalusError: For an event that the robot refuses.
            ValueError: For an event that this stage cannot bring about.
        """

    def mark(self) -> None:
        """Measure from here on what has `moved`."""

    def look(self) -> Look:
        """Return what is to be seen at the newest tick."""
