# SPDX-License-Identifier: Apache-2.0
"""Turns outcomes into the figures of the report: a line per row, and the summary."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from talus_lab.bench.falls import USEFUL_LEAD_S
from talus_lab.bench.safety.rows import (
    FAULT_ROWS,
    IN_PROCESS,
    NOMINAL_ROW,
    NOT_IN_PROCESS,
    Row,
)
from talus_lab.bench.safety.runs import MatrixCase
from talus_lab.scenario.record import ScenarioOutcome

WORST_FIRST = (
    "fell",
    "error",
    "not nominal",
    "false alarm",
    "no reaction",
    "moved",
    "not seated",
    "late",
    "ok",
)
Outcomes = Mapping[MatrixCase, ScenarioOutcome]


def table(rows: Sequence[Row], outcomes: Outcomes) -> list[dict[str, Any]]:
    """Return one line per row: how many runs were right, how soon, and what went wrong most."""
    lines = []
    for row in rows:
        runs = [(case, outcome) for case, outcome in outcomes.items() if case.row == row.name]
        if row.where == IN_PROCESS and not runs:
            continue  # has none of the postures that were asked for
        line: dict[str, Any] = {"fault": row.name, "title": row.title, "staged": row.where}
        if row.where != IN_PROCESS:
            lines.append({**line, "why": row.why})
            continue
        verdicts = [outcome.verdict for _, outcome in runs]
        line |= {
            "runs": len(runs),
            "ok": verdicts.count("ok"),
            "fell": sum(outcome.fell for _, outcome in runs),
            "reaction_ms_p50": _quantile(_reactions(runs), 0.5),
            "reaction_ms_p999": _quantile(_reactions(runs), 0.999),
            "within_ms": max((case.scenario.expect.within_ms for case, _ in runs), default=0.0),
        }
        wrong = [(case, outcome) for case, outcome in runs if outcome.verdict != "ok"]
        line["worst"] = _worst(wrong) if wrong else ""
        lines.append({key: "" if value != value else value for key, value in line.items()})
    return sorted(lines, key=lambda line: line["staged"] != IN_PROCESS)


def _worst(wrong: Sequence[tuple[MatrixCase, ScenarioOutcome]]) -> str:
    """Describe the first run of the worst kind."""
    case, outcome = min(wrong, key=lambda run: WORST_FIRST.index(run[1].verdict))
    return f"{case.posture} seed {case.seed}: {outcome.verdict}; {outcome.detail}"


def summary(outcomes: Outcomes) -> dict[str, float]:
    """Return the key figures; a figure of which nothing was run is left out."""
    faults = {row.name for row in FAULT_ROWS}
    runs = [
        (case, o) for case, o in outcomes.items() if o.verdict != "error" and case.row in faults
    ]
    nominal = [outcome for case, outcome in outcomes.items() if case.row == NOMINAL_ROW.name]
    others = [
        o for case, o in outcomes.items() if case.row not in faults and case.row != NOMINAL_ROW.name
    ]
    figures = {
        **_of_faults(runs),
        "not_run": sum(outcome.verdict == "error" for outcome in outcomes.values()),
        "rows_in_process": sum(row.where == IN_PROCESS for row in FAULT_ROWS),
        "rows_na_in_process": sum(row.where == NOT_IN_PROCESS for row in FAULT_ROWS),
    }
    if nominal:
        figures["nominal_h"] = len(nominal) * NOMINAL_ROW.seconds / 3600.0
        figures["false_alarms"] = sum(outcome.verdict != "ok" for outcome in nominal)
    if others:
        figures["catalogue_faults"] = len(others)
        figures["catalogue_falls"] = sum(outcome.fell for outcome in others)
    return {key: value for key, value in figures.items() if not math.isnan(value)}


def _of_faults(runs: Sequence[tuple[MatrixCase, ScenarioOutcome]]) -> dict[str, float]:
    """Return the figures of all faults; NaN where nothing was run."""
    forbidding = [outcome for case, outcome in runs if not case.scenario.expect.may_fall]
    falls = sum(outcome.fell for outcome in forbidding)
    stops = [outcome.reaction_ms for case, outcome in runs if case.row in ("F41", "F42")]
    seated = [outcome.seated_s for case, outcome in runs if case.row == "F42"]
    leads = [outcome.lead_s for _, outcome in runs if math.isfinite(outcome.lead_s)]
    early = sum(lead >= USEFUL_LEAD_S for lead in leads)
    return {
        "single_faults": len(runs),
        "uncontrolled_falls": falls,
        "uncontrolled_falls_share": falls / len(forbidding) if forbidding else math.nan,
        "uncontrolled_falls_where_r4_is_allowed": sum(outcome.fell for _, outcome in runs) - falls,
        "reaction_p999_ok": _share_in_time(runs),
        "estop_to_r3_ms_p999": _quantile(stops, 0.999),
        "seated_s_p95": _quantile(seated, 0.95),
        "torque_cut_while_upright_by_software": sum(outcome.cut_upright for _, outcome in runs),
        "fall_lead_s_in_matrix": early / len(leads) if leads else math.nan,
    }


def _share_in_time(runs: Sequence[tuple[MatrixCase, ScenarioOutcome]]) -> float:
    """Return for what share of the rows that ask for a reaction the slowest is in time."""
    ran = {case.row for case, _ in runs}
    asked = {row.name for row in FAULT_ROWS if row.name in ran and not _may_ride(row)}
    late = {case.row for case, outcome in runs if not _is_in_time(case, outcome)}
    return len(asked - late) / len(asked) if asked else math.nan


def _may_ride(row: Row) -> bool:
    return all(expect.reaction == "none" for expect in row.expect)


def _is_in_time(case: MatrixCase, outcome: ScenarioOutcome) -> bool:
    expect = case.scenario.expect
    return (
        outcome.latent
        or expect.reaction in ("none", "calm")
        or outcome.reaction_ms <= expect.within_ms + 1e-6
    )


def _reactions(runs: Sequence[tuple[MatrixCase, ScenarioOutcome]]) -> list[float]:
    return [outcome.reaction_ms for _, outcome in runs]


def _quantile(values: Sequence[float], part: float) -> float:
    """Return a quantile of the values that are finite; NaN if none is."""
    finite = [value for value in values if math.isfinite(value)]
    return float(np.quantile(finite, part)) if finite else math.nan
