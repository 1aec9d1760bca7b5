# SPDX-License-Identifier: Apache-2.0
"""Shows a run on the terminal: one live line, or on a pipe a plain line now and then."""

from __future__ import annotations

from dataclasses import dataclass

from talus_core.machine.terminal import Terminal
from talus_core.words.modes import Mode

# The live line follows the eye; a log file should stay short.
LIVE_PERIOD_S = 0.2
PLAIN_PERIOD_S = 2.0
_TROUBLE = ("[ERROR]", "[FATAL]", "error:")
_WARNING = "[WARN]"


@dataclass(frozen=True)
class Status:
    """Holds what the line says.

    Attributes:
        phase: Of the operator, in words.
        mode: Of balance, the number of `Mode`; None before the first word of it.
        level: Of the stop ladder.
        cause: Of that level, in words.
        time: Simulated s.
        speed: Of the base over ground, m/s.
        distance: From the start, m.
        battery: 0 to 1; None before the first report.
        real_time_factor: Simulated over wall time, lately.
    """

    phase: str
    mode: int | None
    level: int
    cause: str
    time: float
    speed: float
    distance: float
    battery: float | None
    real_time_factor: float

    def __str__(self) -> str:
        mode = self.phase if self.mode is None else Mode(self.mode).words
        battery = "" if self.battery is None else f" | battery {100.0 * self.battery:.1f} %"
        cause = f" ({self.cause})" if self.cause else ""
        return (
            f"{self.time:7.1f} s | {mode:<12} | R{self.level}{cause} | "
            f"{self.speed:4.2f} m/s {self.distance:6.2f} m{battery} | "
            f"{self.real_time_factor:.2f} x real time"
        )


class StatusScreen:
    """Shows the status, the runner's notes, and the lines of processes that mean trouble."""

    def __init__(self, terminal: Terminal):
        self._terminal = terminal
        self._next = 0.0
        # Until all nodes are up each of them rightly warns of the others' absence.
        self.shows_warnings = False

    def is_due(self, now: float) -> bool:
        """Tell whether a new status should be shown at wall time `now`, s."""
        return now >= self._next

    def show(self, status: Status, now: float) -> None:
        """Show a status."""
        self._next = now + (LIVE_PERIOD_S if self._terminal.is_live else PLAIN_PERIOD_S)
        self._terminal.row(str(status))

    def note(self, text: str) -> None:
        """Show a line that stays."""
        self._terminal.line(text)

    def line(self, name: str, text: str, shows: bool) -> None:
        """Show a line of a process if it tells of trouble."""
        words = (*_TROUBLE, _WARNING) if self.shows_warnings else _TROUBLE
        if shows and any(word in text for word in words):
            self.note(f"{name}: {text}")
