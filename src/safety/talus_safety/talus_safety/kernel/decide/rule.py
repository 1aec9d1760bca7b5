# SPDX-License-Identifier: Apache-2.0
"""Defines the rows that all tables of safety rules are made of, and how they are judged.

A rule is a row: a cause, a test of plain facts, the level that follows, what clears it, and how
long that may take. The last gate (`gate_rules.py`) and the supervisor (`rules.py`) each judge a
table of them; the strictest wins.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from talus_core.words.stop_levels import StopLevel

CLEARED_BY_RESET = "safety/reset, then safety/arm"
CLEARED_BY_TIME = "its cause gone for 2 s"


def _nothing(_: Any) -> str:
    return ""


@dataclass(frozen=True)
class Rule:
    """Holds one row of a table of rules.

    Attributes:
        name: Name in tables, tests and benchmarks.
        cause: Words that an operator reads.
        level: Stop level that is asked for while the test holds; from R2 on it is kept.
        within_ms: Longest time from the cause to the request, in robot time plus transport, ms.
        holds: Test of the facts under a configuration.
        faults: Rows of the fault catalogue that the rule answers.
        detail: Returns what the facts say about the cause; the text may be empty.
    """

    name: str
    cause: str
    level: StopLevel
    within_ms: int
    holds: Callable[[Any, Any], bool]
    faults: tuple[str, ...] = ()
    detail: Callable[[Any], str] = _nothing

    @property
    def clears_by(self) -> str:
        """Say what an operator must do, or what must happen, to end the rule's request."""
        return CLEARED_BY_RESET if self.level >= StopLevel.R2_SAFE_STAND else CLEARED_BY_TIME

    def worded(self, facts: Any) -> str:
        """Return the cause, followed by what the facts say about it."""
        detail = self.detail(facts)
        return f"{self.cause}: {detail}" if detail else self.cause


def active(rules: Sequence[Rule], facts: Any, config: Any) -> list[Rule]:
    """Return the rules that hold now, the strictest first, as tables are sorted."""
    return [rule for rule in rules if rule.holds(facts, config)]
