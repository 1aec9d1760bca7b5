# SPDX-License-Identifier: Apache-2.0
"""`./talus bench balance`: how hard the robot can be shoved, tripped and misled before it falls; seeded, resumable."""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

from talus_core.errors import TalusError, UnknownNameError

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
    from talus_bringup.bench.balance.store import Store, fingerprint
    from talus_bringup.bench.balance.workers import Workers

    for name in arguments.cases or ():
        if name not in CASES:
            raise UnknownNameError("case", name, CASES)
    for name in ("seeds", "jobs"):
        if (number := getattr(arguments, name)) is not None and number < 1:
            raise TalusError(f"--{name} {number}: it must be at least 1")
    if arguments.picture is not None and not arguments.picture.resolve().parent.is_dir():
        raise TalusError(f"--picture {arguments.picture}: there is no folder {arguments.picture.resolve().parent}")
    cases = {name: CASES[name] for name in arguments.cases or CASES}
    store = Store(STORE, fingerprint(ROOT / "src", ROBOT))
    with Workers(ROBOT, arguments.jobs) as workers:
        try:
            results = play(cases, Effort(arguments.seeds, arguments.quick), store, workers, _Progress())
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


class _Progress:
    """One line on the terminal, or one a minute in a log."""

    def __init__(self) -> None:
        self._started = self._told = time.monotonic()

    def __call__(self, count: int, cases: str) -> None:
        now = time.monotonic()
        is_live = sys.stderr.isatty()
        if not is_live and now - self._told < 60.0:
            return
        self._told = now
        minutes, seconds = divmod(int(now - self._started), 60)
        text = f"balance: {count} runs in {minutes}:{seconds:02d}; at {cases}"
        print(f"\r\x1b[K{text[:150]}" if is_live else text, end="" if is_live else "\n", file=sys.stderr, flush=True)
