# SPDX-License-Identifier: Apache-2.0
"""Defines what a case of the scorecard is."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from talus_lab.bench.balance.cases.pendulum import LEGS_OF_TALUS40, Legs
from talus_lab.bench.balance.search import Ask, Line
from talus_lab.bench.balance.statistics import wilson
from talus_lab.bench.balance.trials.trial import Trial, TrialOutcome

Found = TypeVar("Found")


@dataclass(frozen=True)
class Effort:
    """Defines how much is run.

    Attributes:
        runs: Runs of every cell; None: as many as the case wants.
        quick: A quarter of the runs, fewer phases, and the figures alone: to compare two
            controllers.
        figures: Every run that the figures of the summary need, and no other: no rows by heading.
        legs: Measures of the robot that is shoved, for its ceilings.
    """

    runs: int | None = None
    quick: bool = False
    figures: bool = False
    legs: Legs = LEGS_OF_TALUS40

    @property
    def has_rows(self) -> bool:
        """Whether runs are played too that are in no figure."""
        return not self.quick and not self.figures

    def seeds(self, wanted: int) -> tuple[int, ...]:
        """Return the seeds of the runs of a cell for which a case wants so many."""
        return tuple(range(self.runs or (max(1, wanted // 4) if self.quick else wanted)))


@dataclass(frozen=True)
class CaseResult:
    """Holds rows of the table, figures of the summary, and what must be said about them."""

    rows: Sequence[Mapping[str, Any]]
    summary: Mapping[str, float] = field(default_factory=dict)
    notes: Sequence[str] = ()


class Case(Protocol):
    """Asks for trials and is sent their outcomes, until it knows enough."""

    @property
    def keys(self) -> Sequence[str]:
        """Return its figures in the summary."""

    def run(self, effort: Effort) -> Generator[list[Trial], list[TrialOutcome], CaseResult]:
        """Yield trials; be sent their outcomes in the order asked."""


def asking(
    search: Generator[Ask[Line], list[bool], Found],
    trial: Callable[[Line, int], Trial],
    passes: Callable[[Line, int, TrialOutcome], bool],
) -> Generator[list[Trial], list[TrialOutcome], Found]:
    """Let a search over lines and levels ask for trials.

    Args:
        search: Asks for lines and levels, and is sent whether they passed.
        trial: Gives the trial of a line at a level.
        passes: Judges what came of it.
    """
    try:
        asked = next(search)
        while True:
            outcomes = yield [trial(line, level) for line, level in asked]
            verdicts = [
                passes(line, level, outcome)
                for (line, level), outcome in zip(asked, outcomes, strict=True)
            ]
            asked = search.send(verdicts)
    except StopIteration as done:
        return done.value


def rate(passed: int, n: int) -> dict[str, Any]:
    """Return the columns of a row that tell a pass rate."""
    low, high = wilson(passed, n)
    return {"passed": passed, "n": n, "rate_low": low, "rate_high": high}
