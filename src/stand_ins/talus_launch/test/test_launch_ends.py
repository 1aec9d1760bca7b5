# SPDX-License-Identifier: Apache-2.0
"""Starts the whole runner and takes its terminal, its reader or its life: everything must end."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from talus_core.machine.places import lock_place
from talus_core.machine.terminal import Terminal
from talus_launch.running.interrupts import Interrupts
from talus_launch.running.leftovers import start_ticks
from talus_launch.running.output import LaunchScreen, LogFolder
from terminal_screen import Pty

PATIENCE_S = 300.0
TALKS = "while sleep 0.05; do echo word >&amp;2; done"


def wait_for(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)


class Runner:
    """Is `./talus launch` with one toy that goes on for ever."""

    def __init__(self, workspace, folder: Path, domain: int, script: str = "exec sleep 999"):
        self._pids = folder / "pids"
        self._domain = domain
        self.file = workspace.write(
            f"""<executable cmd="sh -c 'echo $$ >> {self._pids}; {script}'" name="toy"/>"""
        )
        self.command = [sys.executable, "-m", "talus_launch", str(self.file)]
        self.environment = {
            **os.environ,
            "TALUS_LOG_DIR": str(folder),
            "ROS_DOMAIN_ID": str(domain),
            "TERM": "xterm",
        }

    def start(self, **options) -> subprocess.Popen:
        return subprocess.Popen(self.command, env=self.environment, text=True, **options)

    def toy(self, number: int = 0) -> int:
        """Return the id of the toy of a start, once it runs."""

        wait_for(lambda: len(self.toys()) > number)
        return self.toys()[number]

    def record(self) -> str:
        """Return what the runner noted of its processes."""
        file = lock_place(self.environment).folder / f"domain-{self._domain}.json"
        return file.read_text() if file.exists() else ""

    def toys(self) -> list[int]:
        """Return the ids of the toys that were started."""
        text = self._pids.read_text() if self._pids.exists() else ""
        return [int(line) for line in text.split("\n")[:-1]]


@pytest.fixture
def runner(workspace, tmp_path: Path, ros_domain: int):
    made: list[Runner] = []

    def make(*script: str) -> Runner:
        made.append(Runner(workspace, tmp_path, ros_domain, *script))
        return made[-1]

    yield make
    for toy in (toy for runner in made for toy in runner.toys() if not ended(toy)):
        os.killpg(toy, signal.SIGKILL)  # its runner ends, too


def ended(pid: int) -> bool:
    return start_ticks(pid) is None


def test_a_killed_runner_leaves_nothing_and_the_next_starts(runner):
    made = runner()
    first = made.start(stdout=subprocess.DEVNULL)
    toy = made.toy()
    wait_for(lambda: f'"pid": {toy},' in made.record())
    first.kill()
    first.wait()
    wait_for(lambda: ended(toy))
    second = made.start(stdout=subprocess.PIPE)
    toy = made.toy(1)
    second.send_signal(signal.SIGINT)
    said, _ = second.communicate(timeout=PATIENCE_S)
    assert second.returncode == 0
    assert "logs: " in said
    assert ended(toy)


def test_a_terminal_that_closes_ends_the_runner(runner):
    made = runner(TALKS)
    pid, master = pty.fork()
    if pid == 0:
        os.execve(sys.executable, made.command, made.environment)
    toy = made.toy()
    os.close(master)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert ended(toy)


def test_a_reader_that_goes_away_ends_the_runner(runner):
    made = runner(TALKS)
    process = made.start(stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    toy = made.toy()
    process.stdout.close()
    assert process.wait(PATIENCE_S) == 0
    assert process.stderr.read() == ""
    assert ended(toy)


def test_nohup_goes_on_when_the_terminal_is_gone(runner, tmp_path: Path):
    made = runner(TALKS)
    made.command = ["sh", "-c", 'trap "" HUP; exec "$0" "$@"', *made.command]
    pid, master = pty.fork()
    if pid == 0:
        os.execve("/bin/sh", made.command, made.environment)
    toy = made.toy()
    os.close(master)
    os.kill(pid, signal.SIGHUP)
    wait_for(lambda: [*tmp_path.glob("log/*/toy.log")])
    (log,) = tmp_path.glob("log/*/toy.log")
    before = log.read_text()
    wait_for(lambda: log.read_text() != before)
    assert not ended(toy)
    os.kill(pid, signal.SIGINT)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


@pytest.fixture
def handlers():
    """Gives the signals of this process back."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.getsignal(number) for number in numbers]
    yield
    for number, handler in zip(numbers, before, strict=True):
        signal.signal(number, handler)


@pytest.mark.parametrize("first", ["signal", "output"])
def test_a_lost_terminal_is_one_wish_to_end_however_it_shows(handlers, first):
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    window = Pty(80)
    terminal = Terminal(window.stream, {"TERM": "xterm"})
    interrupts = Interrupts(terminal)
    window.hang_up()
    if first == "signal":
        os.kill(os.getpid(), signal.SIGHUP)
        assert interrupts.take() == 1
    terminal.line("nobody reads it")
    assert interrupts.take() == (first == "output")
    os.kill(os.getpid(), signal.SIGHUP)
    os.kill(os.getpid(), signal.SIGHUP)
    assert interrupts.take() == 0
    os.kill(os.getpid(), signal.SIGINT)
    assert interrupts.take() == 1


def test_with_nohup_a_lost_terminal_is_no_wish_but_a_lost_pipe_is(handlers):
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    window = Pty(80)
    reading, writing = os.pipe()
    with open(writing, "w") as pipe:
        for stream, gone, wishes in (
            (window.stream, window.hang_up, 0),
            (pipe, lambda: os.close(reading), 1),
        ):
            terminal = Terminal(stream, {"TERM": "xterm"})
            interrupts = Interrupts(terminal)
            gone()
            terminal.line("nobody reads it")
            os.kill(os.getpid(), signal.SIGHUP)
            assert interrupts.take() == wishes


def test_logs_that_cannot_be_written_are_told_once_and_cost_nothing_else(tmp_path: Path):
    (tmp_path / "full.log").symlink_to("/dev/full")
    window = Pty(200)
    logs = LogFolder(tmp_path, LaunchScreen(Terminal(window.stream, {"TERM": "dumb"})))
    for text in ("one", "two"):
        logs.line("full", text, True)
    logs.line("other", "three \udce4", True)
    logs.close()
    assert window.read().split("\r\n") == [
        f"{tmp_path}: No space left on device: what cannot be written is missing there",
        *(f"full          | {text}" for text in ("one", "two")),
        "other         | three \\udce4",
        "",
    ]
    assert (tmp_path / "other.log").read_text() == "three \\udce4\n"
    window.hang_up()
