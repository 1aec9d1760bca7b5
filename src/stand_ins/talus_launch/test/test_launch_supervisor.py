# SPDX-License-Identifier: Apache-2.0
"""Runs toy processes under the supervisor: their output, their end, and what stays behind."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from talus_launch.errors import LaunchError
from talus_launch.plan import LaunchPlan, ProcessSpec
from talus_launch.running.child import Child
from talus_launch.running.guard import Guard
from talus_launch.running.leftovers import running, start_ticks
from talus_launch.running.session import Session, ros_domain
from talus_launch.running.supervisor import Exit, ProcessSupervisor

# A test that waits longer has failed; a start takes some 10 ms.
PATIENCE_S = 300.0
SLEEP = "exec sleep 99"
IGNORES_SIGINT = """
import signal, time
signal.signal(signal.SIGINT, signal.SIG_IGN)
print('up', flush=True)
time.sleep(99)
"""


class Sink:
    """Keeps the lines."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str]] = []
        self.shown: list[str] = []

    def line(self, name: str, text: str, shows: bool) -> None:
        self.lines.append((name, text))
        self.shown += [text] if shows else []

    def note(self, text: str) -> None:
        self.lines.append(("", text))


def shell(name: str, script: str, **changes) -> ProcessSpec:
    return ProcessSpec(
        name=name, command=("sh", "-c", script), environment=dict(os.environ), **changes
    )


def python(name: str, script: str, **changes) -> ProcessSpec:
    return ProcessSpec(
        name=name, command=(sys.executable, "-c", script), environment=dict(os.environ), **changes
    )


class Bench:
    """Runs a supervisor with toy processes, and ends them whatever a test does."""

    def __init__(self, folder: Path):
        self.folder, self.sink = folder, Sink()
        self.exits: list[Exit] = []
        self.supervisor: ProcessSupervisor | None = None

    def start(self, *specs: ProcessSpec) -> ProcessSupervisor:
        self.supervisor = ProcessSupervisor(LaunchPlan(specs, ()), self.folder, self.sink)
        self.supervisor.start()
        return self.supervisor

    def until(self, is_so: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not is_so():
            assert time.monotonic() < deadline, (self.sink.lines, self.exits)
            self.exits += self.supervisor.poll(0.02)

    def said(self, name: str, text: str) -> bool:
        return (name, text) in self.sink.lines


@pytest.fixture
def bench(tmp_path: Path):
    made = Bench(tmp_path)
    yield made
    if made.supervisor is not None:
        for _ in range(3):
            made.supervisor.begin_stop()
        made.supervisor.stop()


def is_running(pid: int) -> bool:
    return start_ticks(pid) is not None


def test_output_comes_by_name_and_the_last_words_too(bench: Bench):
    supervisor = bench.start(
        shell("a", "echo one; echo two >&2; printf three"), shell("b", "echo other; exit 3")
    )
    bench.until(lambda: supervisor.is_finished)
    assert {("a", "one"), ("a", "two"), ("a", "three"), ("b", "other")} <= set(bench.sink.lines)
    codes = {ended.spec.name: ended.code for ended in bench.exits}
    assert codes == {"a": 0, "b": 3}


def test_crash_is_reported_with_its_last_lines(bench: Bench):
    supervisor = bench.start(python("a", "raise RuntimeError('the cause')", required=True))
    bench.until(lambda: supervisor.is_finished)
    assert bench.exits[0].is_fatal
    assert bench.exits[0].last_lines[-1] == "RuntimeError: the cause"


def test_much_output_is_read_while_the_process_runs(bench: Bench):
    supervisor = bench.start(python("a", "for i in range(20000): print(f'line {i}')"))
    bench.until(lambda: supervisor.is_finished)
    assert [text for _, text in bench.sink.lines] == [f"line {i}" for i in range(20000)]


def test_program_that_cannot_start_ends_the_others(bench: Bench):
    started = []
    missing = ProcessSpec("b", ("/no/such/program",))
    supervisor = ProcessSupervisor(
        LaunchPlan((shell("a", SLEEP), missing), ()), bench.folder, bench.sink, started.extend
    )
    with pytest.raises(LaunchError, match="b: cannot start '/no/such/program'"):
        supervisor.start()
    assert supervisor.is_finished
    assert not is_running(started[0].process.pid)


def test_respawn_counts_and_delays(bench: Bench):
    spec = shell(
        "a", "echo up; exit 1", respawns=True, respawn_delay=0.1, respawn_most=2, required=True
    )
    began = time.monotonic()
    supervisor = bench.start(spec)
    bench.until(lambda: supervisor.is_finished)
    assert len(bench.exits) == 3
    assert [ended.is_fatal for ended in bench.exits] == [False, False, True]
    assert time.monotonic() - began > 0.2


def test_refusal_is_final(bench: Bench):
    supervisor = bench.start(
        shell("a", "echo 'error: port 80 is in use' >&2; exit 2", respawns=True)
    )
    bench.until(lambda: supervisor.is_finished)
    assert [(ended.respawns, ended.refusal) for ended in bench.exits] == [
        (False, "port 80 is in use")
    ]


def test_polite_processes_end_by_sigint_and_stubborn_ones_later(bench: Bench):
    polite = shell("polite", "echo up; exec sleep 99")
    stubborn = python("stubborn", IGNORES_SIGINT, sigterm_after=0.2)
    deaf = python(
        "deaf", IGNORES_SIGINT.replace("SIGINT", "SIGTERM"), sigterm_after=0.2, sigkill_after=0.2
    )
    supervisor = bench.start(polite, stubborn, deaf)
    bench.until(lambda: all(bench.said(name, "up") for name in ("polite", "stubborn", "deaf")))
    supervisor.begin_stop()
    bench.until(lambda: supervisor.is_finished)
    codes = {ended.spec.name: -ended.code for ended in bench.exits}
    # Python turns SIGINT into KeyboardInterrupt and dies of it: "deaf" hears that.
    assert codes == {"polite": signal.SIGINT, "stubborn": signal.SIGTERM, "deaf": signal.SIGINT}
    assert all(ended.asked and not ended.is_fatal for ended in bench.exits)


def test_process_deaf_to_everything_is_killed(bench: Bench):
    script = IGNORES_SIGINT.replace("print", "signal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint")
    supervisor = bench.start(python("deaf", script, sigterm_after=0.1, sigkill_after=0.1))
    bench.until(lambda: bench.said("deaf", "up"))
    supervisor.begin_stop()
    bench.until(lambda: supervisor.is_finished)
    assert bench.exits[0].code == -signal.SIGKILL


def test_the_last_hears_of_the_end_when_the_others_are_gone(bench: Bench):
    driver = shell("driver", "echo up; exec sleep 99", goes_last=True)
    slow = python("slow", IGNORES_SIGINT, sigterm_after=0.5)
    supervisor = bench.start(driver, slow)
    bench.until(lambda: bench.said("driver", "up") and bench.said("slow", "up"))
    supervisor.begin_stop()
    bench.until(lambda: supervisor.is_finished)
    assert [ended.spec.name for ended in bench.exits] == ["slow", "driver"]


def test_impatience_kills_the_others_first_then_the_last(bench: Bench):
    driver = python("driver", IGNORES_SIGINT, goes_last=True, sigterm_after=99.0)
    other = python("other", IGNORES_SIGINT, sigterm_after=99.0)
    supervisor = bench.start(driver, other)
    bench.until(lambda: bench.said("driver", "up") and bench.said("other", "up"))
    supervisor.begin_stop()
    supervisor.begin_stop()
    bench.until(lambda: "other" not in supervisor.children)
    assert "driver" in supervisor.children
    supervisor.begin_stop()
    bench.until(lambda: supervisor.is_finished)
    assert [ended.code for ended in bench.exits] == [-signal.SIGKILL, -signal.SIGKILL]


def test_grandchildren_do_not_outlive_a_process(bench: Bench):
    supervisor = bench.start(shell("a", "sleep 99 & echo $!; exit 0"))
    bench.until(lambda: supervisor.is_finished)
    (line,) = [text for _, text in bench.sink.lines]
    bench.until(lambda: not is_running(int(line)))


def children_of(folder: Path, domain: int, monkeypatch: pytest.MonkeyPatch) -> list[Child]:
    """Return two toys of a runner that was killed with its guard; its session was never closed."""
    monkeypatch.setattr(Guard, "tell", lambda guard, running: None)
    session = Session(domain, folder)
    children = [
        Child(shell("driver", SLEEP, goes_last=True), folder),
        Child(shell("a", SLEEP), folder),
    ]
    session.record(children)
    os.close(session._lock)
    return children


def test_start_ends_what_a_killed_run_left_behind(tmp_path: Path, monkeypatch):
    children = children_of(tmp_path, 7, monkeypatch)
    session = Session(7, tmp_path)
    assert session.end_leftovers() == ["driver", "a"]
    assert [child.process.wait(PATIENCE_S) for child in children] == [
        -signal.SIGINT,
        -signal.SIGINT,
    ]
    assert session.end_leftovers() == []
    session.close()


def test_a_process_with_the_same_id_is_not_taken_for_a_leftover(tmp_path: Path, monkeypatch):
    children = children_of(tmp_path, 7, monkeypatch)
    for child in children:
        child.process.kill()
        child.process.wait()
    record = tmp_path / "domain-7.json"
    record.write_text(record.read_text().replace(str(children[0].process.pid), str(os.getpid())))
    session = Session(7, tmp_path)
    assert session.leftovers() == []
    session.close()


def test_second_run_beside_the_first_is_refused(tmp_path: Path):
    first = Session(3, tmp_path)
    first.record([])
    with pytest.raises(
        LaunchError, match=rf"process {os.getpid()}\) already uses ROS domain 3; .*ROS_DOMAIN_ID=4"
    ):
        Session(3, tmp_path)
    Session(4, tmp_path).close()
    first.close()
    Session(3, tmp_path).close()


def test_ros_domain():
    assert ros_domain({}) == 0
    assert ros_domain({"ROS_DOMAIN_ID": "16"}) == 16
    for bad in ("-1", "233", "x"):
        with pytest.raises(LaunchError, match=f"'{bad}' is not a number from 0 to 232"):
            ros_domain({"ROS_DOMAIN_ID": bad})


def test_a_full_disk_costs_the_note_not_the_run(tmp_path: Path):
    """The guard knows what runs all the same."""
    (tmp_path / "domain-9.new").symlink_to("/dev/full")
    session = Session(9, tmp_path)
    child = Child(shell("a", SLEEP), tmp_path)
    session.record([child])
    child.send(signal.SIGKILL)
    child.process.wait(PATIENCE_S)
    session.close()


def test_interrupted_start_of_a_python_is_no_fault(bench: Bench):
    """What Python says of a Ctrl-C while it imports goes to the log alone."""
    script = "print('up', flush=True)\nimport time\ntime.sleep(99)"
    supervisor = bench.start(python("a", script))
    bench.until(lambda: bench.said("a", "up"))
    supervisor.begin_stop()
    bench.until(lambda: supervisor.is_finished)
    lines = [text for name, text in bench.sink.lines if name == "a"]
    assert lines[-1] == "KeyboardInterrupt"
    assert bench.sink.shown == []


def test_guard_ends_what_a_killed_runner_had_running(tmp_path: Path):
    """In order: the driver when the others are gone. It survives its own death, too."""
    driver = python("driver", IGNORES_SIGINT, goes_last=True, sigterm_after=0.2)
    children = [Child(driver, tmp_path), Child(shell("a", SLEEP), tmp_path)]
    while not children[0].read(children[0].streams[0])[0]:
        time.sleep(0.01)
    guard = Guard()
    guard.tell(running(children[:1]))
    guard._process.kill()
    guard._process.wait()
    guard.tell(running(children))
    guard._process.stdin.close()  # as the kernel does for a runner that is gone
    codes = [child.process.wait(PATIENCE_S) for child in (children[1], children[0])]
    assert codes == [-signal.SIGINT, -signal.SIGTERM]
    guard._process.wait(PATIENCE_S)
