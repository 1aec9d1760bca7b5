# SPDX-License-Identifier: Apache-2.0
"""Decides how often each part of the page is renewed."""

from __future__ import annotations

SLOWEST_PERIOD_S = 1.0  # s between two pictures, at most
QUICK_ANSWER_S = 0.1  # s, a quick answer: a browser that draws ten frames a second keeps up


def draw_period(wanted: float, answer_time: float) -> float:
    """Return the time in s between two pictures for a browser that answers in `answer_time` s.

    A browser without GPU draws with the processor that may have to balance a robot: it gets half of
    one core.
    """
    return (
        wanted
        if answer_time < QUICK_ANSWER_S
        else min(max(wanted, 2.0 * answer_time), SLOWEST_PERIOD_S)
    )


class DrawingPace:
    """Says when something is due again; time is an argument, in s."""

    def __init__(self) -> None:
        self._last: dict[str, float] = {}

    def is_due(self, what: str, period: float, now: float) -> bool:
        """Return True at most every `period` s for each `what`; asking counts as doing."""
        if now - self._last.get(what, float("-inf")) < period:
            return False
        self._last[what] = now
        return True
