# SPDX-License-Identifier: Apache-2.0
"""`./talus bench balance`: how hard the robot can be shoved, tripped and misled before it falls; seeded, resumable."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from talus_core.errors import TalusError, UnknownNameError

from talus_bringup.bench.progress import Progress
from talus_bringup.bench.report import BenchReport, commit

ROOT = Path(__file__).resolve().parents[5]
ROBOT = ROOT / "urdf" / "talus40"
STORE = ROOT / ".talus" / "bench" / "balance"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Of this benchmark alone."""
    parser.add_argument("--cases", nargs="+", metavar="CASE", help="only these; default: all")
    parser.add_argument("--seeds", type=int, metavar="N", help="runs of every cell; default: 3 of pushes, 5 to 20 else")
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)), metavar="N", help="processes")
    parser.add_argument("--picture", type=Path, metavar="FILE", help="draw the figures as PNG")
    parser.add_argument("--quick", action="store_true", help="a quarter of the runs: to compare two controllers")


def run(arguments: argparse.Namespace) -> BenchReport:
    """The cases asked for. Raises TalusError for bad input."""
    from talus_bringup.bench.balance.case import Effort
    from talus_bringup.bench.balance.catalogue import CASES
    from talus_bringup.bench.balance.picture import draw
    from talus_bringup.bench.balance.play import play
    from talus_bringup.bench.balance.scorecard import scorecard
    from talus_bringup.bench.balance.trial import Outcome
    from talus_bringup.bench.balance.workers import Workers
    from talus_bringup.bench.store import Store, fingerprint

    for name in arguments.cases or ():
        if name not in CASES:
            raise UnknownNameError("case", name, CASES)
    for name in ("seeds", "jobs"):
        if (number := getattr(arguments, name)) is not None and number < 1:
            raise TalusError(f"--{name} {number}: it must be at least 1")
    if arguments.picture is not None and not arguments.picture.resolve().parent.is_dir():
        raise TalusError(f"--picture {arguments.picture}: there is no folder {arguments.picture.resolve().parent}")
    cases = {name: CASES[name] for name in arguments.cases or CASES}
    store = Store(STORE, fingerprint(ROOT / "src", ROBOT), Outcome)
    progress = Progress("balance")
    with Workers(ROBOT, arguments.jobs) as workers:
        try:
            results = play(cases, Effort(arguments.seeds, arguments.quick), store, workers, progress)
        except KeyboardInterrupt:
            print("\nfinished runs are kept: the same command goes on", file=sys.stderr)
            raise
    report = scorecard(results)
    if arguments.picture is not None:
        draw(report, arguments.picture, f"{ROBOT.name}, commit {commit()[:12]}, {_runs(arguments)}")
    return report


def _runs(arguments: argparse.Namespace) -> str:
    seeds = "seeds as documented" if arguments.seeds is None else f"{arguments.seeds} seeds a cell"
    return seeds + (", quick" if arguments.quick else "")
