# SPDX-License-Identifier: Apache-2.0
"""Plays the fault matrix on several cores; finished runs stay in a file."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.queues import SimpleQueue
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path
from zlib import crc32

from talus_core.errors import TalusError
from talus_core.robot import load_robot

from talus_lab.bench.progress import BenchProgress
from talus_lab.bench.store import Store
from talus_lab.rig.fork import ONE_THREAD, in_fork
from talus_lab.scenario.play import Player
from talus_lab.scenario.record import ScenarioOutcome
from talus_lab.scenario.rig_stage import RigStage
from talus_lab.scenario.scenario import Scenario

QUEUE_POLL_S = 0.02  # wall


@dataclass(frozen=True)
class MatrixCase:
    """Describes one run of the matrix: a row of the table in a posture with a seed."""

    row: str
    posture: str
    seed: int
    scenario: Scenario

    @property
    def key(self) -> str:
        """Return its name in the file, which changes with what is done, too."""
        return f"{self.row} {self.posture} {self.seed} {hash_of(repr(self.scenario))}"


@dataclass(frozen=True)
class _Group:
    """Holds cases that begin alike: they share one warm start."""

    posture: str
    seed: int
    cases: tuple[MatrixCase, ...]


def play_all(
    cases: Sequence[MatrixCase],
    *,
    store: Store[ScenarioOutcome],
    robot: Path,
    jobs: int,
    progress: BenchProgress,
) -> dict[MatrixCase, ScenarioOutcome]:
    """Play the cases that are not in the store; return the outcomes of all.

    Args:
        cases: What is asked for.
        store: Known outcomes; grows.
        robot: Folder of the robot.
        jobs: Number of processes.
        progress: Shows every run.
    """
    outcomes = {case: outcome for case in cases if (outcome := store.get(case)) is not None}
    groups = _grouped([case for case in cases if case not in outcomes])
    for case, outcome in _played(groups, robot, jobs):
        outcomes[case] = outcome
        store.put(case, outcome)
        progress.show(
            f"{len(outcomes)} of {len(cases)} runs", f"{case.row} {case.posture} seed {case.seed}"
        )
    return outcomes


def hash_of(text: str) -> str:
    """Return a short hash, equal in every process."""
    return f"{crc32(text.encode()):08x}"


def _grouped(cases: Sequence[MatrixCase]) -> list[_Group]:
    groups: dict[tuple[str, int], list[MatrixCase]] = {}
    for case in cases:
        groups.setdefault((case.posture, case.seed), []).append(case)
    return [_Group(*start, tuple(members)) for start, members in groups.items()]


def _played(
    groups: list[_Group], robot: Path, jobs: int
) -> Iterator[tuple[MatrixCase, ScenarioOutcome]]:
    if not groups:
        return
    os.environ.update(ONE_THREAD)
    context = multiprocessing.get_context("spawn")
    next_group = context.Value("i", 0)
    done: SimpleQueue[tuple[MatrixCase, ScenarioOutcome]] = context.SimpleQueue()
    shared = (robot, groups, next_group, done)  # no threads: the workers fork
    workers = [context.Process(target=_serve, args=shared, daemon=True) for _ in range(jobs)]
    for worker in workers:
        worker.start()
    try:
        for _ in range(sum(len(group.cases) for group in groups)):
            while done.empty():
                if any(worker.exitcode for worker in workers):
                    raise RuntimeError("a worker died")
                time.sleep(QUEUE_POLL_S)
            yield done.get()
    finally:
        for worker in workers:
            worker.terminate()
            worker.join()


def _serve(
    robot: Path,
    groups: list[_Group],
    next_group: Synchronized[int],
    done: SimpleQueue[tuple[MatrixCase, ScenarioOutcome]],
) -> None:
    """Play one group after the other into `done`; end with the work, or with the parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends us
    description = load_robot(robot)
    parent = multiprocessing.parent_process()
    assert parent is not None  # this is a worker
    while (group := _taken(groups, next_group)) is not None:
        stage = RigStage(description, group.seed)
        player = Player(stage, group.posture, group.seed)
        try:
            player.reach()
        except TalusError as error:
            for case in group.cases:
                done.put((case, ScenarioOutcome("error", detail=str(error))))
            continue
        for case in group.cases:
            if not parent.is_alive():
                return
            done.put((case, _guarded(stage, player, case.scenario)))


def _taken(groups: list[_Group], next_group: Synchronized[int]) -> _Group | None:
    """Return the next group that no other worker has taken."""
    with next_group.get_lock():
        number = next_group.value
        next_group.value += 1
    return groups[number] if number < len(groups) else None


def _guarded(stage: RigStage, player: Player, scenario: Scenario) -> ScenarioOutcome:
    """Play in a process of its own, so that the warm start stays what it is."""
    try:
        stage.rig.lockstep = scenario.lockstep
        return in_fork(lambda: player.play(scenario))
    except Exception as error:
        return ScenarioOutcome("error", detail=f"{type(error).__name__}: {error}")
