# SPDX-License-Identifier: Apache-2.0
"""The case `get_up`: how often the robot comes to stand from where it lies."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass

import numpy as np

from talus_lab.bench.balance.case import CaseResult, Effort, rate
from talus_lab.bench.balance.trial import Outcome, Setting, Trial

RUNS = 20


@dataclass(frozen=True)
class GetUpCase:
    """From its front (prone) and its back (supine), limbs beside the pose by the seed."""

    starts: Sequence[str] = ("front", "back")
    keys: Sequence[str] = ("get_up_rate",)

    def run(self, effort: Effort) -> Generator[list[Trial], list[Outcome], CaseResult]:
        """See `Case`."""
        seeds = effort.seeds(RUNS)
        outcomes = yield [Trial(Setting(seed, lying=start)) for start in self.starts for seed in seeds]
        rows = []
        for number, start in enumerate(self.starts):
            here = outcomes[number * len(seeds) : (number + 1) * len(seeds)]
            up = [outcome.seconds for outcome in here if not outcome.fell and not outcome.error]
            row = {"from": start} | rate(len(up), len(here))
            rows.append(row | {"seconds_median": float(np.median(up))} if up else row)
        passed = sum(row["passed"] for row in rows)
        return CaseResult(rows, {"get_up_rate": passed / len(outcomes)})
