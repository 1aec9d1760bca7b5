# SPDX-License-Identifier: Apache-2.0
"""`sim.launch.xml` through the runner."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest
import sim_assertions
from talus_bringup.launch.packages import find_launch_file
from talus_bringup.launch.resolve import resolve
from talus_bringup.launch.session import Session, ros_domain
from talus_bringup.launch.supervisor import Supervisor


class Lines:
    """Keeps what the processes say, for the report of a failure."""

    def line(self, name: str, text: str, shows: bool) -> None:
        print(name, text)

    def note(self, text: str) -> None:
        print(text)


class Running:
    """The launch in a thread of its own; `codes`: exit codes, once it has ended."""

    def __init__(self, folder: Path):
        plan = resolve(
            find_launch_file("talus_bringup", "sim.launch.xml", os.environ), sim_assertions.ARGUMENTS, os.environ
        )
        self._session = Session(ros_domain(os.environ))
        self.supervisor = Supervisor(plan, folder, Lines(), self._session.record)
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
        """Ask all to end and wait for it. Idempotent."""
        self._wants_end.set()
        self._thread.join()
        self._session.close()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory):
    launch = Running(tmp_path_factory.mktemp("launch"))
    yield launch
    launch.end()


@pytest.fixture
def node():
    with sim_assertions.observer() as made:
        yield made


@pytest.mark.parametrize("check", sim_assertions.ALL, ids=lambda check: check.__name__)
def test_while_it_runs(running: Running, node, check):
    assert not running.codes
    check(node)


def test_exit(running: Running):
    running.end()
    sim_assertions.assert_clean_exit(running.codes)
