# SPDX-License-Identifier: Apache-2.0
"""`./talus bench balance`: how hard the robot can be shoved, tripped and misled before it falls; seeded, resumable."""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

from talus_balance.policy.manifest import PolicyManifest
from talus_core.errors import TalusError, UnknownNameError

from talus_lab.bench.progress import Progress
from talus_lab.bench.report import BenchReport, commit

ROOT = Path(__file__).resolve().parents[6]
ROBOT = ROOT / "urdf" / "talus40"
STORE = ROOT / ".talus" / "bench" / "balance"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Of this benchmark alone."""
    parser.add_argument("--cases", nargs="+", metavar="CASE", help="only these; default: all")
    parser.add_argument("--seeds", type=int, metavar="N", help="runs of every cell; default: 3 of pushes, 5 to 20 else")
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)), metavar="N", help="processes")
    parser.add_argument("--picture", type=Path, metavar="FILE", help="draw the figures as PNG")
    parser.add_argument("--policy", type=Path, metavar="MANIFEST", help="a learned policy drives talus40 where it may")
    parser.add_argument("--quick", action="store_true", help="a quarter of the runs: to compare two controllers")
    parser.add_argument("--figures", action="store_true", help="the figures of the summary alone, with all their runs")


def run(arguments: argparse.Namespace) -> BenchReport:
    """The cases asked for. Raises TalusError for bad input."""
    from talus_lab.bench.balance.case import Effort
    from talus_lab.bench.balance.catalogue import CASES
    from talus_lab.bench.balance.picture import draw
    from talus_lab.bench.balance.play import play
    from talus_lab.bench.balance.scorecard import scorecard
    from talus_lab.bench.balance.trial import Outcome
    from talus_lab.bench.balance.workers import Workers
    from talus_lab.bench.store import Store, fingerprint

    for name in arguments.cases or ():
        if name not in CASES:
            raise UnknownNameError("case", name, CASES)
    for name in ("seeds", "jobs"):
        if (number := getattr(arguments, name)) is not None and number < 1:
            raise TalusError(f"--{name} {number}: it must be at least 1")
    if arguments.picture is not None and not arguments.picture.resolve().parent.is_dir():
        raise TalusError(f"--picture {arguments.picture}: there is no folder {arguments.picture.resolve().parent}")
    policy = _policy(arguments.policy)
    cases = {name: CASES[name] for name in arguments.cases or CASES}
    besides = (str(policy.path.resolve()), str(policy.network.resolve())) if policy else ()
    store = Store(STORE, fingerprint(ROOT / "src", ROBOT, besides), Outcome)
    progress = Progress("balance")
    with Workers(ROBOT, arguments.jobs, policy.path if policy else "") as workers:
        try:
            results = play(cases, Effort(arguments.seeds, arguments.quick, arguments.figures), store, workers, progress)
        except KeyboardInterrupt:
            print("\nfinished runs are kept: the same command goes on", file=sys.stderr)
            raise
    report = scorecard(
        results, [f"policy {policy.name} drives where it may: {', '.join(policy.modes)}"] if policy else []
    )
    if arguments.picture is not None:
        draw(report, arguments.picture, f"{ROBOT.name}, commit {commit()[:12]}, {_runs(arguments)}")
    return report


def _policy(path: Path | None) -> PolicyManifest | None:
    """Of a policy that fits the robot. Raises TalusError."""
    from talus_balance.policy.policy import load_policy
    from talus_core.robot import load_robot

    from talus_lab.bench.balance.stage import PERIOD

    return None if path is None else load_policy(path, load_robot(ROBOT), PERIOD, time.thread_time).manifest


def _runs(arguments: argparse.Namespace) -> str:
    seeds = "seeds as documented" if arguments.seeds is None else f"{arguments.seeds} seeds a cell"
    return seeds + (", quick" if arguments.quick else ", figures alone" if arguments.figures else "")
