# SPDX-License-Identifier: Apache-2.0
"""Counts how often the robot comes to stand from where it lies: the case `get_up`."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass

import numpy as np

from talus_lab.bench.balance.cases.case import CaseResult, Effort, rate
from talus_lab.bench.balance.trials.trial import Setting, Trial, TrialOutcome

GET_UP_RUNS = 20


@dataclass(frozen=True)
class GetUpCase:
    """Gets up from the front (prone) and the back (supine); limbs lie by the seed."""

    starts: Sequence[str] = ("front", "back")
    keys: Sequence[str] = ("get_up_rate",)

    def run(self, effort: Effort) -> Generator[list[Trial], list[TrialOutcome], CaseResult]:
        """Ask for all trials at once; see `Case`."""
        seeds = effort.seeds(GET_UP_RUNS)
        outcomes = yield [
            Trial(Setting(seed, lying=start)) for start in self.starts for seed in seeds
        ]
        rows = []
        for number, start in enumerate(self.starts):
            here = outcomes[number * len(seeds) : (number + 1) * len(seeds)]
            up = [outcome.seconds for outcome in here if outcome.is_upright]
            row = {"from": start} | rate(len(up), len(here))
            rows.append(row | {"seconds_median": float(np.median(up))} if up else row)
        passed = sum(row["passed"] for row in rows)
        return CaseResult(rows, {"get_up_rate": passed / len(outcomes)})
