# SPDX-License-Identifier: Apache-2.0
"""Measures what the robot makes of 51 faults in five postures: `./talus bench safety`."""

from __future__ import annotations

import argparse
import math
import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from talus_core.errors import TalusError, UnknownNameError
from talus_core.machine.places import check_output_file

from talus_lab.bench.progress import BenchProgress
from talus_lab.bench.report import BenchReport, commit
from talus_lab.rig.checkout import CHECKOUT, SOURCES, TALUS40_FOLDER, WORLDS_FOLDER

if TYPE_CHECKING:
    from talus_lab.bench.safety.figures import Outcomes
    from talus_lab.bench.safety.rows import Row

EVIDENCE = ("with", "without", "alone", "doors")
QUICK_POSTURES = ("double_support", "walking")
# How often each node is killed, and a stop is pressed: all, and with --quick.
KILLS = 20
QUICK_KILLS = 1
PRESSES = 1000
QUICK_PRESSES = 20
IMPOSTORS = 5  # of each kind
MATRIX_STORE = CHECKOUT / ".talus" / "bench" / "safety"
MATRIX_ENTRIES = ("talus_lab.bench.safety.runs",)  # what plays the matrix
RUN_DATA = (TALUS40_FOLDER, WORLDS_FOLDER)  # read by every run


@dataclass
class _Parts:
    """Holds rows and figures of all parts of the benchmark that were run."""

    rows: list[Mapping[str, Any]] = field(default_factory=list)
    figures: dict[str, float] = field(default_factory=dict)

    def add(self, rows: Sequence[Mapping[str, Any]], figures: Mapping[str, float]) -> None:
        self.rows += rows
        self.figures |= figures


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that only this benchmark has."""
    parser.add_argument(
        "--rows", nargs="+", metavar="F00", help="only these faults; default: F01 to F51"
    )
    parser.add_argument(
        "--catalogue", action="store_true", help="besides, every fault of the catalogue by itself"
    )
    parser.add_argument(
        "--nominal", action="store_true", help="besides, a minute of walking without a fault"
    )
    parser.add_argument(
        "--postures", nargs="+", metavar="POSTURE", help="only these; default: all five"
    )
    parser.add_argument(
        "--seeds", type=int, metavar="N", help="runs of every cell; default: 4, quick: 1"
    )
    parser.add_argument("--quick", action="store_true", help="few of everything, in two postures")
    parser.add_argument("--evidence", choices=EVIDENCE, help="of falls, disk, fuzz and kernel")
    parser.add_argument(
        "--seconds",
        type=float,
        default=math.inf,
        metavar="N",
        help="begin no evidence after so long; the same command goes on",
    )
    parser.add_argument("--first-seed", type=int, default=0, metavar="N", help="default: 0")
    parser.add_argument(
        "--jobs", type=int, default=len(os.sched_getaffinity(0)), metavar="N", help="processes"
    )
    parser.add_argument("--picture", type=Path, metavar="FILE", help="write the matrix as SVG")
    parser.add_argument(
        "--kill-nodes", type=int, metavar="N", help="kill each node N times, over ROS"
    )
    parser.add_argument(
        "--stops",
        type=int,
        metavar="N",
        help="press an emergency stop N times, over ROS in real time",
    )
    parser.add_argument(
        "--impostors",
        type=int,
        metavar="N",
        help="let each kind of impostor speak on the command path N times, over ROS",
    )


def run(arguments: argparse.Namespace) -> BenchReport:
    """Run the parts that were asked for. Raises TalusError for bad input."""
    from talus_lab.bench.safety.figures import summary, table
    from talus_lab.bench.safety.picture import svg
    from talus_lab.bench.safety.rows import BENCH_POSTURES

    settle(arguments)
    rows = _rows(arguments)
    postures = _chosen("posture", arguments.postures, BENCH_POSTURES)
    _check_counts(arguments)
    parts = _Parts()
    outcomes: Outcomes = {}
    if arguments.evidence in ("with", "without"):
        outcomes = _matrix(arguments, rows, postures)
        parts.add(table(rows, outcomes), summary(outcomes))
    if arguments.evidence != "without":
        parts.add(*_evidence(arguments))
    if arguments.kill_nodes:
        from talus_lab.bench.safety.kill_nodes_node import kill_every_node  # imports rclpy

        parts.add(*kill_every_node(arguments.kill_nodes))
    if arguments.stops:
        from talus_lab.bench.safety.stop_latency_node import press_stops  # imports rclpy

        parts.add(*press_stops(arguments.stops))
    if arguments.impostors:
        from talus_lab.bench.safety.face_impostors_node import face_impostors  # imports rclpy

        parts.add(*face_impostors(arguments.impostors))
    if arguments.picture is not None:
        caption = f"talus40, {len(outcomes)} runs, commit {commit()[:10]}, simulated"
        arguments.picture.write_text(svg(rows, postures, outcomes, caption))
    errors = sorted({o.detail for o in outcomes.values() if o.verdict == "error"})
    return BenchReport("safety", parts.rows, parts.figures, errors)


def settle(arguments: argparse.Namespace) -> None:
    """Decide what was left open: a part of the matrix comes alone, the whole with all besides."""
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
        arguments.stops = (QUICK_PRESSES if arguments.quick else PRESSES) if over_ros else 0
    if arguments.impostors is None:
        arguments.impostors = IMPOSTORS if over_ros and not arguments.quick else 0


def _rows(arguments: argparse.Namespace) -> list[Row]:
    """Return the faults asked for. Raises UnknownNameError."""
    from talus_lab.bench.safety.rows import CATALOGUE_ROWS, FAULT_ROWS, NOMINAL_ROW, by_name

    known = by_name()
    names = arguments.rows or [row.name for row in FAULT_ROWS]
    rows = [known[name] for name in _chosen("fault", names, known)]
    rows += CATALOGUE_ROWS if arguments.catalogue else ()
    rows += (NOMINAL_ROW,) if arguments.nominal else ()
    return rows


def _matrix(
    arguments: argparse.Namespace, rows: Sequence[Row], postures: Sequence[str]
) -> Outcomes:
    from talus_lab.bench.closure import run_fingerprint
    from talus_lab.bench.safety.rows import IN_PROCESS
    from talus_lab.bench.safety.runs import MatrixCase, play_all
    from talus_lab.bench.store import Store
    from talus_lab.scenario.record import ScenarioOutcome

    cases = [
        MatrixCase(row.name, posture, seed, row.scenario(posture, seed))
        for seed in range(arguments.first_seed, arguments.first_seed + arguments.seeds)
        for posture in postures
        for row in rows
        if row.where == IN_PROCESS and posture in row.postures
    ]
    fingerprint = run_fingerprint(MATRIX_ENTRIES, SOURCES, RUN_DATA)
    return play_all(
        cases,
        store=Store(MATRIX_STORE, fingerprint, ScenarioOutcome),
        robot=TALUS40_FOLDER,
        jobs=arguments.jobs,
        progress=BenchProgress("safety"),
    )


def _evidence(arguments: argparse.Namespace) -> tuple[list[dict[str, Any]], dict[str, float]]:
    from talus_lab.bench.closure import run_fingerprint
    from talus_lab.bench.safety import campaigns
    from talus_lab.bench.store import Store

    scale = campaigns.QUICK_SCALE if arguments.quick else campaigns.FULL_SCALE
    scale = campaigns.DOORS_SCALE if arguments.evidence == "doors" else scale
    fingerprint = run_fingerprint(campaigns.EVIDENCE_ENTRIES, SOURCES, RUN_DATA)
    store = Store(MATRIX_STORE / "evidence", fingerprint, campaigns.Found)
    found = campaigns.play_campaigns(
        scale, store, arguments.jobs, BenchProgress("safety"), arguments.seconds
    )
    return campaigns.rows_of(found), campaigns.figures_of(found)


def _chosen(kind: str, names: Sequence[str] | None, known: Collection[str]) -> list[str]:
    """Return the names asked for, or all that are known. Raises UnknownNameError."""
    for name in names or ():
        if name not in known:
            raise UnknownNameError(kind, name, known)
    return list(names or known)


def _check_counts(arguments: argparse.Namespace) -> None:
    """Raise TalusError for a number that is too low, or a picture without a folder."""
    counts = {
        "--seeds": (arguments.seeds, 1),
        "--first-seed": (arguments.first_seed, 0),
        "--jobs": (arguments.jobs, 1),
        "--kill-nodes": (arguments.kill_nodes, 0),
        "--stops": (arguments.stops, 0),
        "--impostors": (arguments.impostors, 0),
        "--seconds": (arguments.seconds, 1),
    }
    for option, (count, least) in counts.items():
        if not count >= least:
            raise TalusError(f"{option} {count}: it must be at least {least}")
    check_output_file("--picture", arguments.picture)
