# SPDX-License-Identifier: Apache-2.0
"""Lets cases run side by side on the workers: no core waits for the slowest trial of one case."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Mapping
from dataclasses import replace

from talus_lab.bench.balance.cases.case import Case, CaseResult, Effort
from talus_lab.bench.balance.trials.trial import Trial, TrialOutcome
from talus_lab.bench.balance.trials.workers import Workers
from talus_lab.bench.progress import BenchProgress
from talus_lab.bench.store import Store


class _Playing:
    """Holds a case and the trials that it waits for."""

    def __init__(self, name: str, case: Case, effort: Effort):
        self.name = name
        self.result: CaseResult | None = None
        self.asked: list[Trial] = []
        self._work: Generator[list[Trial], list[TrialOutcome], CaseResult] = case.run(effort)
        self._errors: Counter[str] = Counter()
        try:
            self.asked = next(self._work)
        except StopIteration as done:
            self._end(done.value)

    def go_on(self, store: Store[TrialOutcome]) -> bool:
        """Go on if every outcome is there; return whether it did."""
        known = [store.get(trial) for trial in self.asked]
        outcomes = [outcome for outcome in known if outcome is not None]
        if self.result is not None or len(outcomes) < len(known):
            return False
        self._errors.update(outcome.error for outcome in outcomes if outcome.error)
        try:
            self.asked = self._work.send(outcomes)
        except StopIteration as done:
            self._end(done.value)
        return True

    def _end(self, result: CaseResult) -> None:
        notes = [f"{count} runs: {error}" for error, count in self._errors.most_common(3)]
        self.asked = []
        self.result = replace(result, notes=[*result.notes, *notes])


def play(
    cases: Mapping[str, Case],
    effort: Effort,
    *,
    store: Store[TrialOutcome],
    workers: Workers,
    progress: BenchProgress,
) -> dict[str, CaseResult]:
    """Play all cases to their end; return their results by name.

    Args:
        cases: Cases by name; earlier ones are served first.
        effort: How much is run.
        store: Known outcomes; grows.
        workers: Play the trials; idle at first.
        progress: Shows every run.
    """
    playing = [_Playing(name, case, effort) for name, case in cases.items()]
    under_way: set[Trial] = set()
    count = 0
    while any(case.result is None for case in playing):
        for case in playing:
            while case.go_on(store):
                pass
            new = [
                trial
                for trial in dict.fromkeys(case.asked)
                if store.get(trial) is None and trial not in under_way
            ]
            workers.put(new)
            under_way.update(new)
        for trial, outcome in workers.results():
            store.put(trial, outcome)
            count += 1
            left = ", ".join(case.name for case in playing if case.result is None)
            progress.show(f"{count} runs", left)
    return {case.name: case.result for case in playing if case.result is not None}
