# SPDX-License-Identifier: Apache-2.0
"""Shows what is being done, how far and since when: a live line, or plain ones on a pipe."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from typing import TextIO

from talus_core.machine.terminal import Terminal

PLAIN_EVERY_S = 20.0  # often enough to show that a log is alive, seldom enough to read it
REDRAW_EVERY_S = 0.5


class StepProgress:
    """Reports one step as a thread-safe context manager; its clock ticks without any report.

    `measure`, if given, returns the fraction done by looking, for work that reports nothing.
    """

    def __init__(
        self, title: str, out: TextIO | None = None, measure: Callable[[], float] | None = None
    ):
        self._title = title
        self._measure = measure
        self._out = Terminal(out or sys.stderr)
        self._fraction = 0.0
        self._detail = ""
        self._started = time.monotonic()
        self._done = threading.Event()
        self._ticker = threading.Thread(target=self._tick, daemon=True)

    def __enter__(self) -> StepProgress:
        if not self._out.is_live:
            self._out.line(f"talus: {self._title} ...")
        self._ticker.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._done.set()
        self._ticker.join()
        outcome = "stopped" if kind else "done"
        self._out.line(f"talus: {self._title}: {outcome} after {self._elapsed()}")

    def update(self, fraction: float, detail: str = "") -> None:
        """Report how much is done, 0 to 1, and what is at hand. Never goes back."""
        self._fraction = max(self._fraction, min(fraction, 1.0))
        self._detail = detail or self._detail

    def line(self) -> str:
        """Return the step as it stands."""
        share = f"{100 * self._fraction:3.0f} %"
        return f"{self._title}  {share}  {self._elapsed()}  {self._detail}".rstrip()

    def _elapsed(self) -> str:
        minutes, seconds = divmod(int(time.monotonic() - self._started), 60)
        return f"{minutes}:{seconds:02d}"

    def _tick(self) -> None:
        while not self._done.wait(REDRAW_EVERY_S if self._out.is_live else PLAIN_EVERY_S):
            if self._measure:
                self.update(self._measure())
            self._out.row(f"talus: {self.line()}")
