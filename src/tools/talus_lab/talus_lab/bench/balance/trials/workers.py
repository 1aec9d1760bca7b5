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
from multiprocessing.context import SpawnProcess
from pathlib import Path

from talus_core.robot import load_robot

from talus_lab.bench.balance.trials.stage import TrialStage
from talus_lab.bench.balance.trials.trial import Setting, Trial, TrialOutcome
from talus_lab.rig.fork import ONE_THREAD


@dataclass
class _Worker:
    """Is a process that plays trials, with its current trial and its warm starts."""

    process: SpawnProcess
    pipe: Connection
    trial: Trial | None = None
    warm: set[Setting] = field(default_factory=set)


class Workers:
    """Plays trials on other cores; a context manager: `put` trials, take them from `results`."""

    def __init__(self, robot: Path, jobs: int, policy: str | Path = ""):
        """Start the processes.

        Args:
            robot: Folder of the robot.
            jobs: Number of processes.
            policy: Manifest of a policy that drives where it may; empty: none.
        """
        self._queue: list[Trial] = []
        os.environ.update(ONE_THREAD)  # inherited
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
        """Take trials to be played, earlier ones first as far as warm starts allow."""
        self._queue.extend(trials)

    def results(self) -> Iterator[tuple[Trial, TrialOutcome]]:
        """Wait until something is done; yield nothing when there is nothing to do.

        Raises:
            RuntimeError: For a worker that died.
        """
        self._hand_out()
        busy: dict[object, tuple[_Worker, Trial]] = {
            worker.pipe: (worker, worker.trial)
            for worker in self._workers
            if worker.trial is not None
        }
        for ready in wait([worker.pipe for worker, _ in busy.values()]) if busy else ():
            worker, trial = busy[ready]
            worker.trial = None
            try:
                yield trial, worker.pipe.recv()
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
        """Return the place of a trial with a warm start of its own; else without one elsewhere."""
        warm_elsewhere: set[Setting] = set()
        for other in self._workers:
            if other is not worker:
                warm_elsewhere |= other.warm
        ranks = [
            (trial.setting not in worker.warm)
            + (trial.setting not in worker.warm and trial.setting in warm_elsewhere)
            for trial in self._queue
        ]
        return ranks.index(min(ranks))


def _serve(robot: Path, pipe: Connection, policy: str | Path) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends us
    stage = TrialStage(load_robot(robot), policy)
    with suppress(EOFError, OSError):  # the parent is gone
        while True:
            pipe.send(_outcome(stage, pipe.recv()))


def _outcome(stage: TrialStage, trial: Trial) -> TrialOutcome:
    try:
        return stage.play(trial)
    except Exception as error:
        return TrialOutcome(fell=False, error=f"{type(error).__name__}: {error}")
