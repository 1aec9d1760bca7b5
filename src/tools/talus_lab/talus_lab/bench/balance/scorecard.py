# SPDX-License-Identifier: Apache-2.0
"""Joins the results of cases into the report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from talus_lab.bench.balance.cases.case import CaseResult
from talus_lab.bench.balance.cases.catalogue import CASES
from talus_lab.bench.report import BenchReport


def scorecard(results: Mapping[str, CaseResult], remarks: Sequence[str] = ()) -> BenchReport:
    """Return the report; where several cases give one figure, the lowest counts.

    Args:
        results: Results by the names of the cases.
        remarks: Stand before the cases' notes.
    """
    summary: dict[str, float] = {}
    for result in results.values():
        for key, value in result.summary.items():
            summary[key] = min(value, summary.get(key, value))
    rows = [{"case": name} | dict(row) for name, result in results.items() for row in result.rows]
    notes = [*remarks]
    notes += [f"{name}: {note}" for name, result in results.items() for note in result.notes]
    for key in summary:
        missing = [name for name, case in CASES.items() if key in case.keys and name not in results]
        notes += [f"{key} is without {', '.join(missing)}"] if missing else []
    return BenchReport("balance", rows, summary, notes=notes)
