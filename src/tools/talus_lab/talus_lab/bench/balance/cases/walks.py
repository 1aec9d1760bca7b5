# SPDX-License-Identifier: Apache-2.0
"""Measures what walking costs, in joules and in computing time: the case `energy`."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from talus_lab.bench.balance.cases.case import CaseResult, Effort, rate
from talus_lab.bench.balance.trials.trial import Setting, Trial, TrialOutcome

COSTED_WALK_S = 10.0
COSTED_RUNS = 5
COST_SPEED_MPS = 0.8  # where costs of transport are compared
COST_SPEED_TOLERANCE = 0.05  # of that speed


@dataclass(frozen=True)
class WalkCase:
    """Walks for ten seconds at each speed, m/s."""

    speeds: Sequence[float]
    keys: Sequence[str] = ("tick_ms_mean", "cost_of_transport")

    def run(self, effort: Effort) -> Generator[list[Trial], list[TrialOutcome], CaseResult]:
        """Ask for the walks; see `Case`. The figures are of runs without a fall."""
        rows: list[Mapping[str, Any]] = []
        summary: dict[str, float] = {}
        for speed in self.speeds:
            outcomes = yield [
                Trial(Setting(seed, (speed, 0.0, 0.0)), seconds=COSTED_WALK_S)
                for seed in effort.seeds(COSTED_RUNS)
            ]
            upright = [outcome for outcome in outcomes if outcome.is_upright]
            row = {"speed_mps": speed} | rate(len(upright), len(outcomes))
            if upright:
                reached = float(np.mean([outcome.velocity[0] for outcome in upright]))
                cost = float(np.mean([outcome.cost for outcome in upright]))
                tick = 1e3 * float(np.mean([outcome.tick for outcome in upright]))
                row |= {"mean_forward": reached, "cost_of_transport": cost, "tick_ms_mean": tick}
                summary.setdefault("tick_ms_mean", tick)
                if abs(reached - COST_SPEED_MPS) <= COST_SPEED_TOLERANCE * COST_SPEED_MPS:
                    summary["cost_of_transport"] = cost
            rows.append(row)
        if "cost_of_transport" in summary:
            return CaseResult(rows, summary)
        note = f"cost_of_transport is absent: {COST_SPEED_MPS} m/s is not reached"
        return CaseResult(rows, summary, [note])
