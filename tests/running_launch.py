# SPDX-License-Identifier: Apache-2.0
"""Runs a launch file beside a test: `sim.launch.xml`, unless told otherwise."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from pathlib import Path

from talus_launch.packages import find_launch_file
from talus_launch.reading.resolve import resolve
from talus_launch.running.session import Session, ros_domain
from talus_launch.running.supervisor import ProcessSupervisor


class Lines:
    """Collects what the processes print, for the report of a failure."""

    def line(self, name: str, text: str, shows: bool) -> None:
        print(name, text)

    def note(self, text: str) -> None:
        print(text)


class RunningLaunch:
    """Runs the launch in a thread of its own; `codes` are exit codes of what has ended."""

    def __init__(self, folder: Path, arguments: Mapping[str, str], file: Path | None = None):
        file = file or find_launch_file("talus_bringup", "sim.launch.xml", os.environ)
        plan = resolve(file, arguments, os.environ)
        self._session = Session(ros_domain(os.environ))
        self.supervisor = ProcessSupervisor(plan, folder, Lines(), self._session.record)
        self.codes: dict[str, int] = {}
        self._wants_end = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        self.supervisor.start()
        while not self.supervisor.is_finished:
            if self._wants_end.is_set() and not self.supervisor.is_stopping:
                self.supervisor.begin_stop()
            self.codes |= {ended.spec.name: ended.code for ended in self.supervisor.poll()}

    def end(self) -> None:
        """Ask all processes to end and wait for them; idempotent."""
        self._wants_end.set()
        self._thread.join()
        self._session.close()
