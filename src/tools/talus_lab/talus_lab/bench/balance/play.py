# SPDX-License-Identifier: Apache-2.0
"""Lets cases run side by side on the workers, so that no core waits for the slowest trial of one case."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Mapping
from dataclasses import replace

from talus_lab.bench.balance.case import Case, CaseResult, Effort
from talus_lab.bench.balance.trial import Outcome, Trial
from talus_lab.bench.balance.workers import Workers
from talus_lab.bench.progress import Progress
from talus_lab.bench.store import Store


class _Playing:
    """A case and the trials that it waits for."""

    def __init__(self, name: str, work: Generator[list[Trial], list[Outcome], CaseResult]):
        self.name = name
        self.result: CaseResult | None = None
        self._work = work
        self._errors: Counter[str] = Counter()
        self.asked: list[Trial] = []
        self._send(None)

    def step(self, store: Store[Outcome]) -> bool:
        """Go on if every outcome is there; whether it did."""
        outcomes = [store.get(trial) for trial in self.asked]
        if self.result is not None or any(outcome is None for outcome in outcomes):
            return False
        self._errors.update(outcome.error for outcome in outcomes if outcome.error)
        self._send(outcomes)
        return True

    def _send(self, outcomes: list[Outcome] | None) -> None:
        try:
            self.asked = self._work.send(outcomes)
        except StopIteration as done:
            notes = [f"{count} runs: {error}" for error, count in self._errors.most_common(3)]
            self.asked, self.result = [], replace(done.value, notes=[*done.value.notes, *notes])


def play(
    cases: Mapping[str, Case], effort: Effort, store: Store[Outcome], workers: Workers, progress: Progress
) -> dict[str, CaseResult]:
    """All cases to their end.

    Args:
        cases: By name; earlier ones are served first.
        effort: How much is run.
        store: Known outcomes; grows.
        workers: Idle.
        progress: Is told of every run.
    """
    playing = [_Playing(name, case.run(effort)) for name, case in cases.items()]
    under_way: set[Trial] = set()
    count = 0
    while any(case.result is None for case in playing):
        for case in playing:
            while case.step(store):
                pass
            new = [trial for trial in dict.fromkeys(case.asked) if store.get(trial) is None and trial not in under_way]
            workers.put(new)
            under_way.update(new)
        for trial, outcome in workers.results():
            store.put(trial, outcome)
            count += 1
            progress.tell(f"{count} runs", ", ".join(case.name for case in playing if case.result is None))
    return {case.name: case.result for case in playing}
