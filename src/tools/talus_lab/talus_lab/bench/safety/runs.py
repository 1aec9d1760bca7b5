# SPDX-License-Identifier: Apache-2.0
"""Plays the matrix on several cores; finished runs stay in a file, so that a bench that was interrupted goes on."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

from talus_core.errors import TalusError

from talus_lab.bench.balance.stage import in_fork
from talus_lab.bench.balance.workers import ONE_THREAD
from talus_lab.bench.progress import Progress
from talus_lab.bench.store import Store
from talus_lab.scenario.play import Player
from talus_lab.scenario.record import Outcome
from talus_lab.scenario.rig_stage import RigStage
from talus_lab.scenario.scenario import Scenario

OWN = tuple(f"scenario/{name}.py" for name in ("processes", "rig", "rig_stage", "play", "record"))


@dataclass(frozen=True)
class Case:
    """One run: a row of the table in a posture with a seed."""

    row: str
    posture: str
    seed: int
    scenario: Scenario

    @property
    def key(self) -> str:
        """In the file: changes with what is done, too."""
        return f"{self.row} {self.posture} {self.seed} {hash_of(repr(self.scenario))}"


@dataclass(frozen=True)
class _Group:
    """Cases that begin alike: they share one warm start."""

    posture: str
    seed: int
    cases: tuple[Case, ...]


def play_all(
    cases: Sequence[Case], store: Store[Outcome], robot: Path, jobs: int, progress: Progress
) -> dict[Case, Outcome]:
    """Those that are not in the store are played, and told of."""
    outcomes = {case: outcome for case in cases if (outcome := store.get(case)) is not None}
    groups = _grouped([case for case in cases if case not in outcomes])
    for case, outcome in _played(groups, robot, jobs):
        outcomes[case] = outcome
        store.put(case, outcome)
        progress.tell(f"{len(outcomes)} of {len(cases)} runs", f"{case.row} {case.posture} seed {case.seed}")
    return outcomes


def hash_of(text: str) -> str:
    """Short, the same in every process."""
    return f"{crc32(text.encode()):08x}"


def _grouped(cases: Sequence[Case]) -> list[_Group]:
    groups: dict[tuple[str, int], list[Case]] = {}
    for case in cases:
        groups.setdefault((case.posture, case.seed), []).append(case)
    return [_Group(*start, tuple(members)) for start, members in groups.items()]


def _played(groups: list[_Group], robot: Path, jobs: int) -> Iterator[tuple[Case, Outcome]]:
    if not groups:
        return
    os.environ.update(ONE_THREAD)
    context = multiprocessing.get_context("spawn")
    next_group, done = context.Value("i", 0), context.SimpleQueue()  # no threads: the workers fork
    shared = (robot, groups, next_group, done)
    workers = [context.Process(target=_serve, args=shared, daemon=True) for _ in range(jobs)]
    for worker in workers:
        worker.start()
    try:
        for _ in range(sum(len(group.cases) for group in groups)):
            while done.empty():
                if any(worker.exitcode for worker in workers):
                    raise RuntimeError("a worker died")
                time.sleep(0.02)
            yield done.get()
    finally:
        for worker in workers:
            worker.terminate()
            worker.join()


def _serve(robot: Path, groups: list[_Group], next_group, done) -> None:
    """One group after the other, cases with their outcomes into `done`; ends with the work, or with the parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends us
    from talus_core.robot import load_robot

    description = load_robot(robot)
    parent = multiprocessing.parent_process()
    while (group := _taken(groups, next_group)) is not None:
        stage = RigStage(description, group.seed)
        player = Player(stage, group.posture, group.seed)
        try:
            player.reach()
        except TalusError as error:
            for case in group.cases:
                done.put((case, Outcome("error", detail=str(error))))
            continue
        for case in group.cases:
            if not parent.is_alive():
                return
            done.put((case, _guarded(stage, player, case.scenario)))


def _taken(groups: list[_Group], next_group) -> _Group | None:
    """The next one that nobody works on."""
    with next_group.get_lock():
        number = next_group.value
        next_group.value += 1
    return groups[number] if number < len(groups) else None


def _guarded(stage: RigStage, player: Player, scenario: Scenario) -> Outcome:
    """In a process of its own, so that the warm start stays as it is."""
    try:
        stage.rig.lockstep = scenario.lockstep
        return in_fork(lambda: player.play(scenario))
    except Exception as error:
        return Outcome("error", detail=f"{type(error).__name__}: {error}")
