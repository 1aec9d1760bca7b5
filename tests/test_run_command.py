# SPDX-License-Identifier: Apache-2.0
"""Checks the whole `./talus run`, as a user starts and ends it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from talus_launch.running.leftovers import start_ticks
from terminal_screen import Pty, Screen

STATUS = re.compile(r" *[\d.]+ s \| ")
# Standing up takes 3 s of simulated time, sitting down 4; a busy two-core machine runs at a fifth
# of real time.
PATIENCE_S = 300.0
KEYS = {
    *("fell", "faults", "distance_m", "odom_error_m", "real_time_factor", "energy_j"),
    *("final_level", "rates_hz", "sim_seconds", "torque_kept"),
}


class Run:
    """Runs `./talus run` in a process of its own, its output line by line."""

    def __init__(self, folder: Path, domain: int, *options: str, window: Pty | None = None):
        self.json, self._folder = folder / "out.json", folder
        self.lines: list[str] = []
        self._record = Path(tempfile.gettempdir(), f"talus-{os.getuid()}", f"domain-{domain}.json")
        self._process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "talus_cli.run",
                "--headless",
                "--no-perception",
                "--json",
                self.json,
                *options,
            ],
            env={**os.environ, "TALUS_LOG_DIR": str(folder), "TERM": "xterm"},
            stdout=window.stream if window else subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._window = window

    def until(self, word: str) -> None:
        """Read on until a line has a word in it."""
        deadline = time.monotonic() + PATIENCE_S
        for line in self._output():
            self.lines.append(line)
            if word in line:
                return
            assert time.monotonic() < deadline, self._story()
        raise AssertionError("ended without it:\n" + self._story())

    def _output(self) -> Iterator[str]:
        """Yield its lines, or pieces of what it draws on its window."""
        if self._window is None:
            yield from self._process.stdout
            return
        while self._process.poll() is None:
            yield self._window.newest()

    def _story(self) -> str:
        """Return its last lines, and those of its processes."""
        logs = sorted(self._folder.rglob("*.log"))
        tails = [
            f"{log.name}:\n" + "".join(log.read_text().splitlines(keepends=True)[-8:])
            for log in logs
        ]
        return "\n".join(["".join(self.lines[-5:]), *tails])

    def pids(self) -> dict[str, int]:
        """Return the ids of its processes."""
        return {
            entry["name"]: entry["pid"]
            for entry in json.loads(self._record.read_text())["processes"]
        }

    def interrupt(self) -> None:
        """Send Ctrl-C to the command."""
        self._process.send_signal(signal.SIGINT)

    def end(self) -> tuple[int, dict]:
        """Return exit code and summary, once it has ended by itself."""
        if self._window is None:
            rest, _ = self._process.communicate(timeout=PATIENCE_S)
            self.lines += rest.splitlines()
        else:
            self.lines += self._output()
            self.lines.append(self._window.read())
        return self._process.returncode, json.loads(self.json.read_text())

    def kill(self) -> None:
        """Kill whatever is left behind."""
        if self._process.poll() is None:
            for pid in self.pids().values():
                os.killpg(pid, signal.SIGKILL)
            self._process.kill()


@pytest.fixture
def start(tmp_path: Path, ros_domain: int):
    runs: list[Run] = []

    def make(*options: str, window: Pty | None = None) -> Run:
        runs.append(Run(tmp_path, ros_domain, *options, window=window))
        return runs[-1]

    yield make
    for run in runs:
        run.kill()


def test_ctrl_c_sits_down_and_leaves_nothing_behind(start):
    run = start()
    run.until("| standing  ")
    pids = run.pids()
    assert set(pids) == {"driver", "balance", "safety", "robot_state_publisher", "recorder"}
    run.interrupt()
    code, summary = run.end()
    assert code == 0, run.lines
    assert set(summary) == KEYS
    assert (summary["fell"], summary["faults"], summary["final_level"]) == (False, [], "R3")
    assert summary["rates_hz"]["robot_state"] == pytest.approx(500.0, rel=0.01)
    assert summary["rates_hz"]["odom"] >= 50.0
    # Standing up takes 2.2 s and sitting down 2.4 s; nothing needs half a minute.
    assert 4.5 < summary["sim_seconds"] < 30.0
    # The computers' 60 W and the drives' standby alone.
    assert summary["energy_j"] > 60.0 * (summary["sim_seconds"] - 2.0)
    assert not [name for name, pid in pids.items() if start_ticks(pid) is not None]


def test_node_that_refuses_ends_the_run_with_its_reason(start, tmp_path: Path):
    world = tmp_path / "void.xml"
    world.write_text("<mujoco/>")
    run = start("--world", str(world))
    code, summary = run.end()
    assert code == 2
    assert set(summary) == KEYS
    (fault,) = summary["faults"]
    assert fault.startswith("driver: ") and "floor" in fault
    assert f"error: {fault}" in run.lines


def test_killed_balance_node_is_a_fault_but_no_fall(start):
    """In a window of 80 columns, which keeps one row of status; every line begins on its own."""
    window = Pty(80)
    run = start(window=window)
    run.until("| standing  ")
    os.kill(run.pids()["balance"], signal.SIGKILL)
    code, summary = run.end()
    assert code == 1
    assert summary["fell"] is False
    assert "process 'balance' ended" in summary["faults"]
    screen = Screen(80)
    screen.take("".join(run.lines))
    rows = [row for row in screen.rows if row]
    assert "'balance' was ended by SIGKILL" in rows
    statuses = [row for row in rows if STATUS.match(row)]
    assert len(statuses) == 1
    assert rows[rows.index(statuses[0]) + 1].startswith("ended with faults: ")
