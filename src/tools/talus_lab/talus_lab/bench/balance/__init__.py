# SPDX-License-Identifier: Apache-2.0
"""Measures how hard the robot can be shoved, tripped and misled: `./talus bench balance`."""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from talus_balance.policy.manifest import PolicyManifest
from talus_core.errors import TalusError, UnknownNameError
from talus_core.machine.places import check_output_file
from talus_core.machine.terminal import complain
from talus_core.robot import RobotDescription, load_robot

from talus_lab.bench.progress import BenchProgress
from talus_lab.bench.report import BenchReport, commit
from talus_lab.rig.bounds import TICK_S
from talus_lab.rig.checkout import CHECKOUT, SOURCES, TALUS40_FOLDER, WORLDS_FOLDER

if TYPE_CHECKING:
    from talus_lab.bench.balance.cases.case import CaseResult

SCORECARD_STORE = CHECKOUT / ".talus" / "bench" / "balance"
PEERS_CASE = "peers"  # on a robot of its own
TRIAL_ENTRIES = ("talus_lab.bench.balance.trials.workers",)  # what plays a trial
# Versions of what is not ours.
PEER_REQUIREMENTS = CHECKOUT / "config" / "python" / "requirements-peers.txt"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that only this benchmark has."""
    parser.add_argument(
        "--robot",
        type=Path,
        default=TALUS40_FOLDER,
        metavar="FOLDER",
        help="a robot's folder; default: talus40",
    )
    parser.add_argument("--cases", nargs="+", metavar="CASE", help="only these; default: all")
    parser.add_argument(
        "--seeds",
        type=int,
        metavar="N",
        help="runs of every cell; default: 3 of pushes, 5 to 20 else",
    )
    parser.add_argument(
        "--jobs", type=int, default=len(os.sched_getaffinity(0)), metavar="N", help="processes"
    )
    parser.add_argument("--picture", type=Path, metavar="FILE", help="draw the figures as PNG")
    parser.add_argument(
        "--policy",
        type=Path,
        metavar="MANIFEST",
        help="a learned policy drives the robot where it may",
    )
    parser.add_argument(
        "--quick", action="store_true", help="a quarter of the runs: to compare two controllers"
    )
    parser.add_argument(
        "--figures",
        action="store_true",
        help="the figures of the summary alone, with all their runs",
    )


def run(arguments: argparse.Namespace) -> BenchReport:
    """Run the cases asked for. Raises TalusError for bad input."""
    from talus_lab.bench.balance.picture import draw
    from talus_lab.bench.balance.scorecard import scorecard

    _check(arguments)
    robot = load_robot(arguments.robot)
    policy = _policy(arguments.policy, robot)
    remarks = []
    if policy is not None:
        remarks = [f"policy {policy.model.name} drives where it may: {', '.join(policy.modes)}"]
    report = scorecard(_results(arguments, robot, policy), remarks)
    if arguments.picture is not None:
        subtitle = f"{robot.name}, commit {commit()[:12]}, {_runs(arguments)}"
        draw(report, arguments.picture, subtitle)
    return report


def _check(arguments: argparse.Namespace) -> None:
    """Raise TalusError for an option that cannot be used."""
    from talus_lab.bench.balance.cases.catalogue import CASES

    for name in arguments.cases or ():
        if name not in CASES:
            raise UnknownNameError("case", name, CASES)
    for name, number in (("seeds", arguments.seeds), ("jobs", arguments.jobs)):
        if number is not None and number < 1:
            raise TalusError(f"--{name} {number}: it must be at least 1")
    check_output_file("--picture", arguments.picture)


def _results(
    arguments: argparse.Namespace, robot: RobotDescription, policy: PolicyManifest | None
) -> Mapping[str, CaseResult]:
    """Play what is not in the store yet."""
    from talus_dynamics.proportions import proportions

    from talus_lab.bench.balance.cases.case import Effort
    from talus_lab.bench.balance.cases.catalogue import CASES
    from talus_lab.bench.balance.cases.pendulum import Legs
    from talus_lab.bench.balance.play import play
    from talus_lab.bench.balance.trials.trial import TrialOutcome
    from talus_lab.bench.balance.trials.workers import Workers
    from talus_lab.bench.closure import run_fingerprint
    from talus_lab.bench.store import Store

    learned = () if policy is None else (policy.model.path, policy.model.network)
    data = [arguments.robot, WORLDS_FOLDER, PEER_REQUIREMENTS, *learned]
    fingerprint = run_fingerprint(TRIAL_ENTRIES, SOURCES, data)
    effort = Effort(
        arguments.seeds, arguments.quick, arguments.figures, Legs.of(proportions(robot))
    )
    with Workers(arguments.robot, arguments.jobs, policy.model.path if policy else "") as workers:
        try:
            return play(
                {name: CASES[name] for name in arguments.cases or _cases_of(robot)},
                effort,
                store=Store(SCORECARD_STORE, fingerprint, TrialOutcome),
                workers=workers,
                progress=BenchProgress("balance"),
            )
        except KeyboardInterrupt:
            complain("finished runs are kept: the same command goes on")
            raise


def _policy(path: Path | None, robot: RobotDescription) -> PolicyManifest | None:
    """Return the manifest of a policy. Raises TalusError for one that does not fit the robot."""
    from talus_balance.policy.policy import load_policy

    if path is None:
        return None
    return load_policy(path, robot, TICK_S, time.thread_time).manifest


def _cases_of(robot: RobotDescription) -> list[str]:
    """Return the names of the cases that say something of this robot."""
    from talus_lab.bench.balance.cases.catalogue import CASES

    of_other_robots = {PEERS_CASE} if robot.name != TALUS40_FOLDER.name else set()
    return [name for name in CASES if name not in of_other_robots]


def _runs(arguments: argparse.Namespace) -> str:
    """Say in words how much was run."""
    seeds = "seeds as documented"
    if arguments.seeds is not None:
        seeds = f"{arguments.seeds} seeds a cell"
    if arguments.quick:
        return f"{seeds}, quick"
    return f"{seeds}, figures alone" if arguments.figures else seeds
