# SPDX-License-Identifier: Apache-2.0
"""How often each part of the page is renewed."""

from __future__ import annotations


class Pace:
    """Says when something is due again; time is an argument, in s."""

    def __init__(self) -> None:
        self._last: dict[str, float] = {}

    def is_due(self, what: str, period: float, now: float) -> bool:
        """True at most every `period` s for each `what`; asking counts as doing."""
        if now - self._last.get(what, float("-inf")) < period:
            return False
        self._last[what] = now
        return True
