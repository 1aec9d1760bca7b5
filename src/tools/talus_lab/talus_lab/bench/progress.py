# SPDX-License-Identifier: Apache-2.0
"""Tells how far a benchmark is: one line on the terminal, or one a minute in a log."""

from __future__ import annotations

import sys
import time


class Progress:
    """Call `tell` whenever something is done."""

    def __init__(self, name: str):
        """`name`: of the benchmark."""
        self._name = name
        self._started = self._told = time.monotonic()

    def tell(self, done: str, at: str) -> None:
        """`done`: such as `12 runs`; `at`: what is at hand."""
        now = time.monotonic()
        is_live = sys.stderr.isatty()
        if not is_live and now - self._told < 60.0:
            return
        self._told = now
        minutes, seconds = divmod(int(now - self._started), 60)
        text = f"{self._name}: {done} in {minutes}:{seconds:02d}; at {at}"
        print(f"\r\x1b[K{text[:150]}" if is_live else text, end="" if is_live else "\n", file=sys.stderr, flush=True)
