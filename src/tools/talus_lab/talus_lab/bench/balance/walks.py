# SPDX-License-Identifier: Apache-2.0
"""The case `energy`: what walking costs, in joules and in computing time."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass

import numpy as np

from talus_lab.bench.balance.case import CaseResult, Effort, rate
from talus_lab.bench.balance.trial import Outcome, Setting, Trial

SECONDS = 10.0
RUNS = 5
COST_AT = 0.8  # m/s, where costs of transport are compared
NEAR = 0.05  # of that speed


@dataclass(frozen=True)
class WalkCase:
    """Ten seconds at each speed, m/s."""

    speeds: Sequence[float]
    keys: Sequence[str] = ("tick_ms_mean", "cost_of_transport")

    def run(self, effort: Effort) -> Generator[list[Trial], list[Outcome], CaseResult]:
        """See `Case`. The figures are of runs without a fall."""
        rows, summary, notes = [], {}, []
        for speed in self.speeds:
            trials = [Trial(Setting(seed, (speed, 0.0, 0.0)), seconds=SECONDS) for seed in effort.seeds(RUNS)]
            outcomes = yield trials
            upright = [outcome for outcome in outcomes if not outcome.fell and not outcome.error]
            row = {"speed_mps": speed} | rate(len(upright), len(outcomes))
            if upright:
                reached = float(np.mean([outcome.velocity[0] for outcome in upright]))
                cost = float(np.mean([outcome.cost for outcome in upright]))
                tick = 1e3 * float(np.mean([outcome.tick for outcome in upright]))
                row |= {"mean_forward": reached, "cost_of_transport": cost, "tick_ms_mean": tick}
                summary.setdefault("tick_ms_mean", tick)
                if abs(reached - COST_AT) <= NEAR * COST_AT:
                    summary["cost_of_transport"] = cost
            rows.append(row)
        if "cost_of_transport" not in summary:
            notes.append(f"cost_of_transport is absent: {COST_AT} m/s is not reached")
        return CaseResult(rows, summary, notes)
