# SPDX-License-Identifier: Apache-2.0
"""Runs the simulated stack in the background of a benchmark that talks to it over ROS."""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from talus_launch.packages import find_launch_file
from talus_launch.reading.resolve import resolve
from talus_launch.running.session import Session, ros_domain
from talus_launch.running.supervisor import ProcessSupervisor

from talus_lab.bench.processes import free_port


class _Quiet:
    def line(self, name: str, text: str, shows: bool) -> None:
        """Drop it: the report says what happened."""

    def note(self, text: str) -> None:
        """Drop a note of the launch: no reader is there."""


@contextmanager
def running_stack(**arguments: str) -> Iterator[Callable[[str], int]]:
    """Run `sim.launch.xml` with these arguments and a free port.

    Gives a function from a node's name to its process id.
    """
    given = {"port": str(free_port()), **arguments}
    plan = resolve(
        find_launch_file("talus_bringup", "sim.launch.xml", os.environ), given, os.environ
    )
    session = Session(ros_domain(os.environ))
    ended = threading.Event()
    with tempfile.TemporaryDirectory() as folder:
        supervisor = ProcessSupervisor(plan, Path(folder), _Quiet(), session.record)
        thread = threading.Thread(target=_supervise, args=(supervisor, ended))
        thread.start()
        try:
            yield lambda node: supervisor.children[node].process.pid
        finally:
            ended.set()
            thread.join()
            session.close()


def _supervise(supervisor: ProcessSupervisor, ended: threading.Event) -> None:
    supervisor.start()
    while not supervisor.is_finished:
        exits = supervisor.poll()
        if (ended.is_set() or any(end.is_fatal for end in exits)) and not supervisor.is_stopping:
            supervisor.begin_stop()
