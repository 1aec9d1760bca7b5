# SPDX-License-Identifier: Apache-2.0
"""Starts the processes of a plan, reads their output, restarts some, and ends them all."""

from __future__ import annotations

import selectors
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from talus_launch.plan import LaunchPlan, ProcessSpec
from talus_launch.running.child import Child
from talus_launch.running.output import Sink
from talus_launch.running.shutdown import Shutdown

# The exit code of a node that refuses its parameters or files: a second try would end in the same
# way.
REFUSED = 2
# How late the end of a process may be noticed while nothing is printed.
POLL_PERIOD_S = 0.1

_REASON = "error: "


@dataclass(frozen=True)
class Exit:
    """Describe the end of a process, and how it came.

    Attributes:
        spec: What the process was started from.
        code: Its exit code, minus the signal's number where a signal ended it.
        asked: The supervisor was ending it.
        respawns: It will be started again.
        last_lines: The last that it printed.
    """

    spec: ProcessSpec
    code: int
    asked: bool
    respawns: bool
    last_lines: tuple[str, ...]

    @property
    def is_fatal(self) -> bool:
        """Whether a required process ended by itself."""
        return self.spec.required and not self.asked and not self.respawns

    @property
    def refusal(self) -> str | None:
        """Return why the process refused to work, where it did and said so."""
        reasons = [line for line in self.last_lines if line.startswith(_REASON)]
        return reasons[-1].removeprefix(_REASON) if self.code == REFUSED and reasons else None


class ProcessSupervisor:
    """Runs a plan from the thread that calls `poll`."""

    def __init__(
        self,
        plan: LaunchPlan,
        folder: Path,
        sink: Sink,
        on_change: Callable[[Collection[Child]], None] = lambda children: None,
    ):
        """Prepare to run a plan.

        `folder` takes the parameter files; `on_change` hears what runs whenever that changes.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self.children: dict[str, Child] = {}
        self._plan = plan
        self._folder = folder
        self._sink = sink
        self._on_change = on_change
        self._selector = selectors.DefaultSelector()
        self._respawn_at: dict[str, float] = {}
        self._starts: dict[str, int] = {}
        self._shutdown: Shutdown | None = None

    def start(self) -> None:
        """Start every process. Raises LaunchError; those already started are then ended first."""
        try:
            for spec in self._plan.processes:
                self._start(spec)
        except BaseException:
            self.stop()
            raise

    def poll(self, timeout: float = POLL_PERIOD_S) -> list[Exit]:
        """Wait up to `timeout` s for output, hand it on, and say which processes ended."""
        for key, _ in self._selector.select(timeout):
            child, stream = key.data
            self._read(child, stream)
        exits = [
            self._ended(child) for child in list(self.children.values()) if child.reap() is not None
        ]
        if self._shutdown is not None:
            self._shutdown.advance(time.monotonic())
        else:
            self._respawn(time.monotonic())
        return exits

    def begin_stop(self) -> None:
        """Ask every process to end; each further call asks less politely (see Shutdown)."""
        self._respawn_at.clear()
        if self._shutdown is None:
            self._shutdown = Shutdown(list(self.children.values()))
            self._shutdown.advance(time.monotonic())
        else:
            self._shutdown.hurry()

    def stop(self) -> None:
        """End every process and wait for it."""
        if self._shutdown is None:
            self.begin_stop()
        while not self.is_finished:
            self.poll()

    @property
    def is_stopping(self) -> bool:
        """Tell whether the processes have been asked to end."""
        return self._shutdown is not None

    @property
    def is_finished(self) -> bool:
        """Tell whether nothing runs and nothing will be started again."""
        return not self.children and not self._respawn_at

    def _start(self, spec: ProcessSpec) -> None:
        child = Child(spec, self._folder)
        self.children[spec.name] = child
        self._starts[spec.name] = self._starts.get(spec.name, 0) + 1
        for stream in child.streams:
            self._selector.register(stream, selectors.EVENT_READ, (child, stream))
        self._on_change(self.children.values())

    def _read(self, child: Child, stream: IO[bytes]) -> bool:
        lines, is_open = child.read(stream)
        shows = child.spec.shows_stdout or stream is child.process.stderr
        for line in lines:
            hides = self.is_stopping and child.tells_of_interrupt(line)
            self._sink.line(child.name, line, shows and not hides)
        if not is_open:
            self._selector.unregister(stream)
        return is_open and bool(lines)

    def _ended(self, child: Child) -> Exit:
        for stream in child.streams:
            if stream in self._selector.get_map():
                while self._read(child, stream):
                    pass
            if stream in self._selector.get_map():
                self._selector.unregister(stream)
            stream.close()
        del self.children[child.name]
        self._on_change(self.children.values())
        spec = child.spec
        code = child.process.returncode
        respawns = not self.is_stopping and self._may_start_again(spec, code)
        if respawns:
            self._respawn_at[spec.name] = time.monotonic() + spec.respawn_delay
        return Exit(spec, code, self.is_stopping, respawns, tuple(child.last_lines))

    def _may_start_again(self, spec: ProcessSpec, code: int) -> bool:
        is_left = spec.respawn_most < 0 or self._starts[spec.name] <= spec.respawn_most
        return spec.respawns and code != REFUSED and is_left

    def _respawn(self, now: float) -> None:
        for spec in self._plan.processes:
            if self._respawn_at.get(spec.name, now + 1.0) <= now:
                del self._respawn_at[spec.name]
                self._start(spec)
