# SPDX-License-Identifier: Apache-2.0
"""Reads the computer's steady clock, in the one file of this package that may."""

from __future__ import annotations

import time


class SteadyClock:
    """Tells the steady clock's time; see `BusClock`."""

    @property
    def now_ns(self) -> int:
        """Return the time since some start, ns."""
        return time.monotonic_ns()
