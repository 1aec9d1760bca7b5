# SPDX-License-Identifier: Apache-2.0
"""Finds the hardest level that at least 95 % of the seeds pass, for one figure that gets harder."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from talus_lab.bench.balance.cases.case import CaseResult, Effort, asking, rate
from talus_lab.bench.balance.search import Ladder, highest_level
from talus_lab.bench.balance.trials.trial import Trial, TrialOutcome


@dataclass(frozen=True)
class LevelCase:
    """Tries one level after the other.

    Attributes:
        unit: Unit of a level; the name of its column.
        levels: The levels, easiest first.
        trial: Gives the trial of a level and a seed.
        passes: Judges what came of a level.
        key: Its figure in the summary: the hardest level that is passed, `none` if it is not even
            the first; empty: no figure.
        runs: Seeds of each level.
        none: Figure of a robot that passes no level.
    """

    unit: str
    levels: Sequence[float]
    trial: Callable[[float, int], Trial]
    passes: Callable[[float, TrialOutcome], bool]
    key: str = ""
    runs: int = 20
    none: float = 0.0

    @property
    def keys(self) -> tuple[str, ...]:
        """Return its figures in the summary."""
        return (self.key,) if self.key else ()

    def run(self, effort: Effort) -> Generator[list[Trial], list[TrialOutcome], CaseResult]:
        """Ask for trials until the hardest level is known; see `Case`."""
        ladder: Ladder[int] = Ladder(len(self.levels))
        outcomes: dict[tuple[int, int], TrialOutcome] = {}

        def judged(seed: int, level: int, outcome: TrialOutcome) -> bool:
            outcomes[seed, level] = outcome
            return self.passes(self.levels[level - 1], outcome)

        def trial(seed: int, level: int) -> Trial:
            return self.trial(self.levels[level - 1], seed)

        start = (1 + len(self.levels)) // 3 or 1
        search = highest_level(ladder, [effort.seeds(self.runs)], start)
        best = yield from asking(search, trial, judged)
        played = sorted({level for _, level in outcomes})
        rows = [self._row(ladder, outcomes, level) for level in played]
        value = self.levels[best - 1] if best else self.none
        notes = [] if best else ["not even the easiest level is passed"]
        return CaseResult(rows, dict.fromkeys(self.keys, float(value)), notes)

    def _row(
        self, ladder: Ladder[int], outcomes: dict[tuple[int, int], TrialOutcome], level: int
    ) -> dict[str, Any]:
        here = [outcome for (_, at), outcome in outcomes.items() if at == level]
        passed = sum(verdict for (_, at), verdict in ladder.verdicts.items() if at == level)
        mean = np.mean([outcome.velocity for outcome in here], axis=0)
        return {
            self.unit: self.levels[level - 1],
            **rate(passed, len(here)),
            "fell": sum(outcome.fell for outcome in here),
            "mean_forward": float(mean[0]),
            "mean_left": float(mean[1]),
            "mean_turn": float(mean[2]),
        }
