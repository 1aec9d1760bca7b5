# SPDX-License-Identifier: Apache-2.0
"""Decides in which order and with which signals processes are asked, then made, to end."""

from __future__ import annotations

import signal
from collections.abc import Sequence
from typing import Protocol


class Stoppable(Protocol):
    """Defines a process group that can be ended; see ProcessSpec for the attributes."""

    @property
    def name(self) -> str:
        """The name that is unique among the targets."""

    @property
    def goes_last(self) -> bool:
        """Tell whether it is asked to end only when all others are gone."""

    @property
    def sigterm_after(self) -> float:
        """Time from SIGINT to SIGTERM, s."""

    @property
    def sigkill_after(self) -> float:
        """Time from SIGTERM to SIGKILL, s."""

    def is_alive(self) -> bool:
        """Tell whether the process that leads the group runs."""

    def send(self, number: signal.Signals) -> None:
        """Signal the group; nothing happens if it is gone."""


class Shutdown:
    """Sends SIGINT, then SIGTERM, then SIGKILL; those that go last wait until all others are gone.

    `hurry` is the impatient operator: the first time everything but the last ones is killed at
    once, so that the driver lets the robot down at once; the second time the driver is killed too.
    """

    def __init__(self, targets: Sequence[Stoppable]):
        self._targets = list(targets)
        self._begun: dict[str, float] = {}
        self._sent: dict[str, signal.Signals] = {}
        self._hurries = 0

    def hurry(self) -> None:
        """Ask again, less politely."""
        self._hurries += 1

    def is_finished(self) -> bool:
        """Tell whether every process is gone."""
        return not any(target.is_alive() for target in self._targets)

    def advance(self, now: float) -> None:
        """Send what is due at `now` (s, any steady clock)."""
        alive = [target for target in self._targets if target.is_alive()]
        first = [target for target in alive if not target.goes_last]
        for target in first or alive:
            begun = self._begun.setdefault(target.name, now)
            number = self._due(target, now - begun)
            if self._sent.get(target.name) != number:
                self._sent[target.name] = number
                target.send(number)

    def _due(self, target: Stoppable, elapsed: float) -> signal.Signals:
        if (
            self._hurries > target.goes_last
            or elapsed >= target.sigterm_after + target.sigkill_after
        ):
            return signal.SIGKILL
        return signal.SIGTERM if elapsed >= target.sigterm_after else signal.SIGINT
