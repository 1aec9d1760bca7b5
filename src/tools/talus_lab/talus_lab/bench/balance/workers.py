# SPDX-License-Identifier: Apache-2.0
"""Plays trials on several cores: a few fresh processes, each with warm starts of its own."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from pathlib import Path

from talus_core.robot import load_robot

from talus_lab.bench.balance.stage import Stage
from talus_lab.bench.balance.trial import Outcome, Setting, Trial

ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


@dataclass
class _Worker:
    process: multiprocessing.Process
    pipe: Connection
    trial: Trial | None = None
    warm: set[Setting] = field(default_factory=set)


class Workers:
    """Context manager: `put` trials, take what is done from `results`."""

    def __init__(self, robot: Path, jobs: int, policy: str | Path = ""):
        """`robot`: folder of the robot; `jobs`: processes; `policy`: manifest of one that drives where it may."""
        self._queue: list[Trial] = []
        os.environ.update(ONE_THREAD)  # inherited: the matrices are small, and the cores are taken
        context = multiprocessing.get_context("spawn")
        self._workers = []
        for _ in range(jobs):
            ours, theirs = context.Pipe()
            process = context.Process(target=_serve, args=(robot, theirs, policy), daemon=True)
            process.start()
            theirs.close()
            self._workers.append(_Worker(process, ours))

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers:
            worker.process.terminate()
            worker.process.join()

    def put(self, trials: Sequence[Trial]) -> None:
        """To be played, earlier ones first as far as warm starts allow."""
        self._queue.extend(trials)

    def results(self) -> Iterator[tuple[Trial, Outcome]]:
        """Wait until something is done; nothing when there is nothing to do. Raises RuntimeError for a dead worker."""
        self._hand_out()
        busy = {worker.pipe: worker for worker in self._workers if worker.trial is not None}
        for pipe in wait(list(busy)) if busy else ():
            worker = busy[pipe]
            trial, worker.trial = worker.trial, None
            try:
                yield trial, pipe.recv()
            except EOFError:
                raise RuntimeError(f"a worker died while it played {trial.key}") from None

    def _hand_out(self) -> None:
        for worker in self._workers:
            if worker.trial is None and self._queue:
                trial = self._queue.pop(self._choice(worker))
                worker.trial = trial
                worker.warm.add(trial.setting)
                worker.pipe.send(trial)

    def _choice(self, worker: _Worker) -> int:
        """One whose warm start this worker has; else one that nobody has; else the first."""
        others = set().union(*(other.warm for other in self._workers if other is not worker))
        ranks = [
            (t.setting not in worker.warm) + (t.setting not in worker.warm and t.setting in others) for t in self._queue
        ]
        return ranks.index(min(ranks))


def _serve(robot: Path, pipe: Connection, policy: str | Path) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends us
    stage = Stage(load_robot(robot), policy)
    with suppress(EOFError, OSError):  # the parent is gone
        while True:
            pipe.send(_outcome(stage, pipe.recv()))


def _outcome(stage: Stage, trial: Trial) -> Outcome:
    try:
        return stage.play(trial)
    except Exception as error:
        return Outcome(fell=False, error=f"{type(error).__name__}: {error}")
