# SPDX-License-Identifier: Apache-2.0
"""Measures the eyes: `./talus bench perception`; what needs a model is left out without one."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from talus_lab.bench.progress import BenchProgress
from talus_lab.bench.report import BenchReport

TALUS = Path(__file__).resolve().parents[6]
RUNS = 30  # of each network
QUICK_RUNS = 5
CROSSING_SEEDS = (0, 1, 2)
CROSSINGS = 60  # of each seed
QUICK_CROSSINGS = 10
SOUND_S = 60.0  # of walking without a fault
QUICK_SOUND_S = 6.0
EVALUATED_WORLDS = 12
QUICK_EVALUATED_WORLDS = 1
SCORES = (
    "seg_miou",
    "depth_absrel",
    "object_map50",
    "people_recall_1fp",
    "object_position_mm",
    "health_recall",
    "health_false_alarms",
)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that only this benchmark has."""
    parser.add_argument(
        "--model", type=Path, metavar="FILE", help="manifest; else models/eyes.yaml"
    )
    parser.add_argument("--quick", action="store_true", help="fewer runs, worlds and crossings")


def run(arguments: argparse.Namespace) -> BenchReport:
    """Measure everything, in about ten minutes. Raises EyesError for a model that does not fit."""
    from talus_perception.model import load_eyes

    from talus_lab.bench.perception import cameras, costs, rates

    progress = BenchProgress("perception")
    quick = arguments.quick
    path = costs.shipped_model(arguments.model, TALUS)
    eyes = load_eyes(path) if path is not None else None
    notes = [] if path is not None else ["no model: give --model FILE; its rows are not measured"]
    rows: list[Mapping[str, Any]] = []
    progress.show("0 rows", "networks")
    found, summary = costs.measure_costs(eyes, QUICK_RUNS if quick else RUNS)
    rows += found
    progress.show(f"{len(rows)} rows", "rates")
    summary |= rates.measure_rates(summary.get("frame_ms"))
    progress.show(f"{len(rows)} rows", "people who cross")
    summary |= _crossings(QUICK_CROSSINGS if quick else CROSSINGS)
    progress.show(f"{len(rows)} rows", "faults of cameras")
    counted = cameras.count_faults(TALUS, "factory", QUICK_SOUND_S if quick else SOUND_S)
    summary |= {
        "camera_faults_named": counted.named,
        "camera_faults_staged": counted.staged,
        "camera_false_alarms": counted.false_alarms,
        "camera_sound_s": counted.seconds,
    }
    notes += counted.wrong
    if path is not None:
        progress.show(f"{len(rows)} rows", "held-out worlds")
        summary |= _scores(path, QUICK_EVALUATED_WORLDS if quick else EVALUATED_WORLDS)
    return BenchReport("perception", rows, summary, notes=notes)


def _crossings(crossings: int) -> dict[str, float]:
    from talus_perception.tracking.crossing import CrossingConfig, count_switches

    counted = [count_switches(CrossingConfig(crossings, seed)) for seed in CROSSING_SEEDS]
    minutes = sum(each.minutes for each in counted)
    return {
        "track_switches": sum(each.switches for each in counted) / minutes,
        "track_person_minutes": minutes,
        "track_followed_share": sum(each.seen_share for each in counted) / len(counted),
    }


def _scores(path: Path, worlds: int) -> dict[str, float]:
    from talus_perception.data.frames import WorldRange
    from talus_perception.evaluation.commands import score
    from talus_perception.worlds.world import HELD_OUT

    result = score(path, None, WorldRange(0, HELD_OUT), worlds, None)
    named = {name: result.summary[name] for name in SCORES if name in result.summary}
    return named | {"people_recall": named.pop("people_recall_1fp"), "evaluated_worlds": worlds}
