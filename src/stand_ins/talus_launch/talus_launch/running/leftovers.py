# SPDX-License-Identifier: Apache-2.0
"""Tells processes of an earlier run from others, and ends them in good order."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from talus_launch.running.child import Child, signal_group
from talus_launch.running.shutdown import Shutdown

# How often the end of left-over processes is looked for.
_POLL_PERIOD_S = 0.05
# Field 22 of /proc/<pid>/stat, counted behind the command's closing parenthesis (proc(5)).
_STATE_FIELD = 0
_START_TIME_FIELD = 19


@dataclass(frozen=True)
class Leftover:
    """Is a process of an earlier run, told from another with the same id by its start time."""

    name: str
    pid: int
    start_ticks: int
    goes_last: bool
    sigterm_after: float
    sigkill_after: float

    def is_alive(self) -> bool:
        """Tell whether the very same process still runs."""
        return start_ticks(self.pid) == self.start_ticks

    def send(self, number: signal.Signals) -> None:
        """Send a signal to its process group."""
        if self.is_alive():
            signal_group(self.pid, number)


def start_ticks(pid: int) -> int | None:
    """Return the start time of a process in clock ticks since boot; None if it does not run."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[_STATE_FIELD] in "ZX" else int(fields[_START_TIME_FIELD])


def running(children: Iterable[Child]) -> list[Leftover]:
    """Return what would be left over of these, if their runner were gone now."""
    return [
        Leftover(
            child.name,
            child.process.pid,
            ticks,
            child.goes_last,
            child.sigterm_after,
            child.sigkill_after,
        )
        for child in children
        if (ticks := start_ticks(child.process.pid)) is not None
    ]


def end_in_order(leftovers: Sequence[Leftover]) -> None:
    """End processes as their runner would have, the driver last; returns when all are gone."""
    shutdown = Shutdown(leftovers)
    while not shutdown.is_finished():
        shutdown.advance(time.monotonic())
        time.sleep(_POLL_PERIOD_S)
