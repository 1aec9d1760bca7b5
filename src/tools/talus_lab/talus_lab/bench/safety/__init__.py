# SPDX-License-Identifier: Apache-2.0
"""`./talus bench safety`: fifty faults x five postures x seeds, what the robot made of each, and more; resumable."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from talus_core.errors import TalusError, UnknownNameError

from talus_lab.bench.progress import Progress
from talus_lab.bench.report import BenchReport, commit

ROOT = Path(__file__).resolve().parents[6]
ROBOT = ROOT / "urdf" / "talus40"
EVIDENCE = ("with", "without", "alone")
QUICK_POSTURES = ("double_support", "walking")
KILLS, QUICK_KILLS = 20, 1
STOPS, QUICK_STOPS = 1000, 20
STORE = ROOT / ".talus" / "bench" / "safety"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Of this benchmark alone."""
    parser.add_argument("--rows", nargs="+", metavar="F00", help="only these faults; default: F01 to F50")
    parser.add_argument("--catalogue", action="store_true", help="besides, every fault of the catalogue by itself")
    parser.add_argument("--nominal", action="store_true", help="besides, a minute of walking without a fault")
    parser.add_argument("--postures", nargs="+", metavar="POSTURE", help="only these; default: all five")
    parser.add_argument("--seeds", type=int, metavar="N", help="runs of every cell; default: 4, quick: 1")
    parser.add_argument("--quick", action="store_true", help="few of everything, in two postures")
    parser.add_argument("--evidence", choices=EVIDENCE, help="of falls, disk, fuzz and kernel")
    parser.add_argument("--first-seed", type=int, default=0, metavar="N", help="default: 0")
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)), metavar="N", help="processes")
    parser.add_argument("--picture", type=Path, metavar="FILE", help="write the matrix as SVG")
    parser.add_argument("--kill-nodes", type=int, metavar="N", help="kill each node N times, over ROS")
    parser.add_argument("--stops", type=int, metavar="N", help="press an emergency stop N times, over ROS in real time")


def run(arguments: argparse.Namespace) -> BenchReport:
    """The part of it that was asked for. Raises TalusError for bad input."""
    from talus_lab.bench.safety.picture import svg
    from talus_lab.bench.safety.rows import BENCH_POSTURES, NOMINAL, OF_CATALOGUE, ROWS, by_name
    from talus_lab.bench.safety.runs import OWN
    from talus_lab.bench.store import fingerprint

    _settle(arguments)
    names = arguments.rows or [row.name for row in ROWS]
    rows = [by_name()[name] for name in _chosen("fault", names, by_name())]
    rows += [*(OF_CATALOGUE if arguments.catalogue else ()), *((NOMINAL,) if arguments.nominal else ())]
    postures = _chosen("posture", arguments.postures, BENCH_POSTURES)
    _check_counts(arguments)
    mark = fingerprint(ROOT / "src", ROBOT, OWN)
    lines, figures, outcomes = (
        _matrix(arguments, rows, postures, mark) if arguments.evidence != "alone" else ([], {}, {})
    )
    if arguments.evidence != "without":
        proven, of_evidence = _evidence(arguments, mark)
        lines, figures = [*lines, *proven], figures | of_evidence
    if arguments.kill_nodes:
        from talus_lab.bench.safety.kill_nodes_node import kill_every_node  # imports rclpy

        killed, of_killed = kill_every_node(arguments.kill_nodes)
        lines, figures = [*lines, *killed], figures | of_killed
    if arguments.stops:
        from talus_lab.bench.safety.stop_latency_node import press_stops  # imports rclpy

        pressed, of_pressed = press_stops(arguments.stops)
        lines, figures = [*lines, *pressed], figures | of_pressed
    if arguments.picture is not None:
        caption = f"talus40, {len(outcomes)} runs, commit {commit()[:10]}, simulated"
        arguments.picture.write_text(svg(rows, postures, outcomes, caption))
    errors = sorted({o.detail for o in outcomes.values() if o.verdict == "error"})
    return BenchReport("safety", lines, figures, errors)


def _settle(arguments: argparse.Namespace) -> None:
    """What was left open: a part of the matrix comes alone, the whole with all that belongs to it."""
    is_whole = arguments.rows is None and arguments.postures is None
    arguments.evidence = arguments.evidence or ("with" if is_whole else "without")
    arguments.nominal = arguments.nominal or is_whole
    if arguments.seeds is None:
        arguments.seeds = 1 if arguments.quick else 4
    if arguments.postures is None and arguments.quick:
        arguments.postures = list(QUICK_POSTURES)
    over_ros = arguments.evidence == "with"
    if arguments.kill_nodes is None:
        arguments.kill_nodes = (QUICK_KILLS if arguments.quick else KILLS) if over_ros else 0
    if arguments.stops is None:
        arguments.stops = (QUICK_STOPS if arguments.quick else STOPS) if over_ros else 0


def _matrix(arguments: argparse.Namespace, rows: list, postures: list[str], mark: str) -> tuple[list, dict, dict]:
    from talus_lab.bench.safety.figures import summary, table
    from talus_lab.bench.safety.rows import IN_PROCESS
    from talus_lab.bench.safety.runs import Case, play_all
    from talus_lab.bench.store import Store
    from talus_lab.scenario.record import Outcome

    cases = [
        Case(row.name, posture, seed, row.scenario(posture, seed))
        for seed in range(arguments.first_seed, arguments.first_seed + arguments.seeds)
        for posture in postures
        for row in rows
        if row.where == IN_PROCESS and posture in row.postures
    ]
    outcomes = play_all(cases, Store(STORE, mark, Outcome), ROBOT, arguments.jobs, Progress("safety"))
    return table(rows, outcomes), summary(outcomes), outcomes


def _evidence(arguments: argparse.Namespace, mark: str) -> tuple[list, dict]:
    from talus_lab.bench.safety import campaigns
    from talus_lab.bench.store import Store

    scale = campaigns.QUICK if arguments.quick else campaigns.FULL
    store = Store(STORE / "evidence", mark, campaigns.Found)
    found = campaigns.play_campaigns(scale, store, arguments.jobs, Progress("safety"))
    return campaigns.rows_of(found), campaigns.figures_of(found)


def _chosen(kind: str, names: list[str] | None, known) -> list[str]:
    for name in names or ():
        if name not in known:
            raise UnknownNameError(kind, name, known)
    return list(names or known)


def _check_counts(arguments: argparse.Namespace) -> None:
    for name, least in (("seeds", 1), ("first_seed", 0), ("jobs", 1), ("kill_nodes", 0), ("stops", 0)):
        if getattr(arguments, name) < least:
            option = "--" + name.replace("_", "-")
            raise TalusError(f"{option} {getattr(arguments, name)}: it must be at least {least}")
    folder = arguments.picture.resolve().parent if arguments.picture is not None else None
    if folder is not None and not folder.is_dir():
        raise TalusError(f"--picture {arguments.picture}: there is no folder {folder}")
