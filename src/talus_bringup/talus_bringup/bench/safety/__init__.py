# SPDX-License-Identifier: Apache-2.0
"""`./talus bench safety`: fifty faults x five postures x seeds, and what the robot made of each; resumable."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from talus_core.errors import TalusError, UnknownNameError

from talus_bringup.bench.progress import Progress
from talus_bringup.bench.report import BenchReport, commit

ROOT = Path(__file__).resolve().parents[5]
ROBOT = ROOT / "urdf" / "talus40"
STORE = ROOT / ".talus" / "bench" / "safety"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Of this benchmark alone."""
    parser.add_argument("--rows", nargs="+", metavar="F00", help="only these faults; default: F01 to F50")
    parser.add_argument("--catalogue", action="store_true", help="besides, every fault of the catalogue by itself")
    parser.add_argument("--nominal", action="store_true", help="besides, a minute of walking without a fault")
    parser.add_argument("--postures", nargs="+", metavar="POSTURE", help="only these; default: all five")
    parser.add_argument("--seeds", type=int, default=4, metavar="N", help="runs of every cell; default: 4")
    parser.add_argument("--first-seed", type=int, default=0, metavar="N", help="default: 0")
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)), metavar="N", help="processes")
    parser.add_argument("--picture", type=Path, metavar="FILE", help="write the matrix as SVG")
    parser.add_argument("--kill-nodes", type=int, default=0, metavar="N", help="also kill each node N times, over ROS")


def run(arguments: argparse.Namespace) -> BenchReport:
    """The part of the matrix that was asked for. Raises TalusError for bad input."""
    from talus_bringup.bench.safety.figures import summary, table
    from talus_bringup.bench.safety.picture import svg
    from talus_bringup.bench.safety.rows import BENCH_POSTURES, IN_PROCESS, NOMINAL, OF_CATALOGUE, ROWS, by_name
    from talus_bringup.bench.safety.runs import OWN, Case, play_all
    from talus_bringup.bench.store import Store, fingerprint
    from talus_bringup.scenario.record import Outcome

    names = arguments.rows or [row.name for row in ROWS]
    rows = [by_name()[name] for name in _chosen("fault", names, by_name())]
    rows += [*(OF_CATALOGUE if arguments.catalogue else ()), *((NOMINAL,) if arguments.nominal else ())]
    postures = _chosen("posture", arguments.postures, BENCH_POSTURES)
    _check_counts(arguments)
    seeds = range(arguments.first_seed, arguments.first_seed + arguments.seeds)
    cases = [
        Case(row.name, posture, seed, row.scenario(posture, seed))
        for seed in seeds
        for posture in postures
        for row in rows
        if row.where == IN_PROCESS and posture in row.postures
    ]
    store = Store(STORE, fingerprint(ROOT / "src", ROBOT, OWN), Outcome)
    outcomes = play_all(cases, store, ROBOT, arguments.jobs, Progress("safety"))
    lines, figures = table(rows, outcomes), summary(outcomes)
    if arguments.kill_nodes:
        from talus_bringup.bench.safety.kill_nodes_node import kill_every_node  # imports rclpy

        killed, of_killed = kill_every_node(arguments.kill_nodes)
        lines, figures = [*lines, *killed], figures | of_killed
    if arguments.picture is not None:
        caption = f"talus40, {len(cases)} runs, seeds {seeds[0]} to {seeds[-1]}, commit {commit()[:10]}, simulated"
        arguments.picture.write_text(svg(rows, postures, outcomes, caption))
    errors = sorted({o.detail for o in outcomes.values() if o.verdict == "error"})
    return BenchReport("safety", lines, figures, errors)


def _chosen(kind: str, names: list[str] | None, known) -> list[str]:
    for name in names or ():
        if name not in known:
            raise UnknownNameError(kind, name, known)
    return list(names or known)


def _check_counts(arguments: argparse.Namespace) -> None:
    for name, least in (("seeds", 1), ("first_seed", 0), ("jobs", 1), ("kill_nodes", 0)):
        if getattr(arguments, name) < least:
            option = "--" + name.replace("_", "-")
            raise TalusError(f"{option} {getattr(arguments, name)}: it must be at least {least}")
    folder = arguments.picture.resolve().parent if arguments.picture is not None else None
    if folder is not None and not folder.is_dir():
        raise TalusError(f"--picture {arguments.picture}: there is no folder {folder}")
