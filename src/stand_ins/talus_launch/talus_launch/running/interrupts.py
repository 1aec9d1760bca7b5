# SPDX-License-Identifier: Apache-2.0
"""Counts Ctrl-C and SIGTERM for a loop that acts on them when it is ready to."""

from __future__ import annotations

import signal


class Interrupts:
    """Takes over SIGINT and SIGTERM of this process."""

    def __init__(self) -> None:
        self._count = 0
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._note)

    def take(self) -> int:
        """Return how many came since the last call."""
        count = self._count
        self._count = 0
        return count

    def _note(self, *_: object) -> None:
        self._count += 1
