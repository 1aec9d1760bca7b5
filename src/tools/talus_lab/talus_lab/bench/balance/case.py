# SPDX-License-Identifier: Apache-2.0
"""What a case of the scorecard is."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from talus_lab.bench.balance.search import Ask, Line
from talus_lab.bench.balance.statistics import wilson
from talus_lab.bench.balance.trial import Outcome, Trial

Found = TypeVar("Found")


@dataclass(frozen=True)
class Effort:
    """How much is run.

    Attributes:
        runs: Of every cell; None: as many as the case wants.
        quick: A quarter of the runs, fewer phases, and the figures alone: to compare two controllers.
        figures: Every run that the figures of the summary need, and no other: no rows by heading.
    """

    runs: int | None = None
    quick: bool = False
    figures: bool = False

    @property
    def has_rows(self) -> bool:
        """Of what is in no figure, too."""
        return not self.quick and not self.figures

    def seeds(self, wanted: int) -> tuple[int, ...]:
        """Of the runs of a cell."""
        return tuple(range(self.runs or (max(1, wanted // 4) if self.quick else wanted)))


@dataclass(frozen=True)
class CaseResult:
    """Rows of the table, figures of the summary, and what must be said about them."""

    rows: Sequence[Mapping[str, Any]]
    summary: Mapping[str, float] = field(default_factory=dict)
    notes: Sequence[str] = ()


class Case(Protocol):
    """Asks for trials and is sent their outcomes, until it knows enough.

    Attributes:
        keys: Of the summary.
    """

    keys: Sequence[str]

    def run(self, effort: Effort) -> Generator[list[Trial], list[Outcome], CaseResult]:
        """Yields trials; is sent their outcomes in the same order."""


def asking(
    search: Generator[Ask, list[bool], Found],
    trial: Callable[[Line, int], Trial],
    passes: Callable[[Line, int, Outcome], bool],
) -> Generator[list[Trial], list[Outcome], Found]:
    """Let a search over lines and levels ask for trials."""
    try:
        asked = next(search)
        while True:
            outcomes = yield [trial(line, level) for line, level in asked]
            asked = search.send([passes(*question, outcome) for question, outcome in zip(asked, outcomes, strict=True)])
    except StopIteration as done:
        return done.value


def rate(passed: int, n: int) -> dict[str, Any]:
    """Columns of a row."""
    low, high = wilson(passed, n)
    return {"passed": passed, "n": n, "rate_low": low, "rate_high": high}
