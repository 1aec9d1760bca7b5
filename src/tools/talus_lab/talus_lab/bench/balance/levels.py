# SPDX-License-Identifier: Apache-2.0
"""Cases with one figure that gets harder: the hardest level at which at least 95 % of the seeds pass."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from talus_lab.bench.balance.case import CaseResult, Effort, asking, rate
from talus_lab.bench.balance.search import Ladder, highest_level
from talus_lab.bench.balance.trial import Outcome, Trial


@dataclass(frozen=True)
class LevelCase:
    """One level after the other.

    Attributes:
        unit: Of a level; the name of its column.
        levels: Easiest first.
        trial: Of a level and a seed.
        passes: Of a level and what came of it.
        key: Of the summary: the hardest level that is passed, `none` if it is not even the first; empty: no key.
        runs: Seeds of each level.
        none: Figure of a robot that passes no level.
    """

    unit: str
    levels: Sequence[float]
    trial: Callable[[float, int], Trial]
    passes: Callable[[float, Outcome], bool]
    key: str = ""
    runs: int = 20
    none: float = 0.0

    @property
    def keys(self) -> tuple[str, ...]:
        """Of the summary."""
        return (self.key,) if self.key else ()

    def run(self, effort: Effort) -> Generator[list[Trial], list[Outcome], CaseResult]:
        """See `Case`."""
        ladder, outcomes = Ladder(len(self.levels)), {}

        def judged(seed: int, level: int, outcome: Outcome) -> bool:
            outcomes[seed, level] = outcome
            return self.passes(self.levels[level - 1], outcome)

        def trial(seed: int, level: int) -> Trial:
            return self.trial(self.levels[level - 1], seed)

        search = highest_level(ladder, [effort.seeds(self.runs)], (1 + len(self.levels)) // 3 or 1)
        best = yield from asking(search, trial, judged)
        rows = [self._row(ladder, outcomes, level) for level in sorted({level for _, level in outcomes})]
        value = self.levels[best - 1] if best else self.none
        notes = [] if best else ["not even the easiest level is passed"]
        return CaseResult(rows, dict.fromkeys(self.keys, float(value)), notes)

    def _row(self, ladder: Ladder, outcomes: dict[tuple[int, int], Outcome], level: int) -> dict[str, Any]:
        here = [outcome for (_, at), outcome in outcomes.items() if at == level]
        passed = sum(verdict for (_, at), verdict in ladder.verdicts.items() if at == level)
        mean = np.mean([outcome.velocity for outcome in here], axis=0)
        moved = {"mean_forward": float(mean[0]), "mean_left": float(mean[1]), "mean_turn": float(mean[2])}
        fell = {"fell": sum(outcome.fell for outcome in here)}
        return {self.unit: self.levels[level - 1]} | rate(passed, len(here)) | fell | moved
