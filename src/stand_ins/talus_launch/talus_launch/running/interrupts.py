# SPDX-License-Identifier: Apache-2.0
"""Counts wishes to end, for a loop that acts on them when it is ready to."""

from __future__ import annotations

import errno
import signal

from talus_core.machine.program import heeded_signals
from talus_core.machine.terminal import Terminal


class Interrupts:
    """Takes over SIGINT, SIGTERM and SIGHUP of this process, and watches whether anybody reads it.

    A terminal that goes away (SIGHUP, or output that fails) is one wish to end, however it shows,
    and none where there was one before: nobody is impatient by closing a window. Where SIGHUP was
    ignored at the start (nohup), the terminal may go. A pipe whose reader has gone is a wish to end
    in any case.
    """

    def __init__(self, terminal: Terminal | None = None) -> None:
        self._terminal = terminal
        self._count = 0
        self._has_wish = False
        self._may_lose_terminal = not heeded_signals(signal.SIGHUP)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._note)
        if not self._may_lose_terminal:
            signal.signal(signal.SIGHUP, self._hang_up)

    def take(self) -> int:
        """Return how many came since the last call."""
        if self._terminal is not None and not self._terminal.has_reader:
            is_terminal = self._terminal.loss == errno.EIO
            if not (is_terminal and self._may_lose_terminal):
                self._hang_up()
        count = self._count
        self._count = 0
        return count

    def _note(self, *_: object) -> None:
        self._has_wish = True
        self._count += 1

    def _hang_up(self, *_: object) -> None:
        if not self._has_wish:
            self._note()
