# SPDX-License-Identifier: Apache-2.0
"""Tells how far a benchmark is: one line on the terminal, or one a minute in a log."""

from __future__ import annotations

import sys
import time

from talus_core.machine.terminal import Terminal

LOG_PERIOD_S = 60.0


class BenchProgress:
    """Shows the newest state of one benchmark; call `show` whenever something is done."""

    def __init__(self, name: str):
        """Begin to count the time; `name`: of the benchmark."""
        self._name = name
        self._terminal = Terminal(sys.stderr)
        self._started = time.monotonic()
        self._shown = self._started

    def show(self, done: str, at: str) -> None:
        """Say what is done, such as `12 runs`, and what is at hand."""
        now = time.monotonic()
        if not self._terminal.is_live and now - self._shown < LOG_PERIOD_S:
            return
        self._shown = now
        minutes, seconds = divmod(int(now - self._started), 60)
        self._terminal.row(f"{self._name}: {done} in {minutes}:{seconds:02d}; at {at}")
