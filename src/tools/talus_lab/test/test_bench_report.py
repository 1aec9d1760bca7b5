# SPDX-License-Identifier: Apache-2.0
"""Checks what every benchmark shares: command line, file, and measurement of memory."""

import json
import os
import subprocess
import sys

import pytest
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from talus_lab.bench.__main__ import main
from talus_lab.bench.processes import (
    cpu_seconds,
    descendants,
    find_descendant,
    proportional_memory_mb,
    tree_memory_mb,
)
from talus_lab.bench.report import BenchReport
from talus_lab.bench.watch_node import WatchedRun


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["controll"], "unknown benchmark 'controll'; nearest: control"),
        ([], "known benchmarks: control, balance, drivers, safety, perception, map"),
        (["control", "--jsn", "x"], "unrecognized arguments: --jsn x"),
        (["control", "--json", "/nowhere/x.json"], "there is no folder /nowhere"),
    ],
)
def test_bad_input_is_one_line_and_two(words, message, capsys):
    assert main(words) == 2
    errors = capsys.readouterr().err
    assert message in errors
    assert len(errors.splitlines()) == 1


def test_the_file_has_the_promised_keys(tmp_path):
    rows = [{"peer": "ours", "ms": 0.123456789}]
    BenchReport("control", rows, {"rtt_ms_p50": 1 / 3}).write(tmp_path / "out.json")
    written = json.loads((tmp_path / "out.json").read_text())
    assert list(written) == ["bench", "commit", "machine", "rows", "summary"]
    assert written["rows"] == [{"peer": "ours", "ms": 0.1235}]
    assert written["summary"] == {"rtt_ms_p50": 0.3333}
    assert written["machine"]["cores"] == len(os.sched_getaffinity(0))


def test_memory_counts_every_process_below():
    code = (
        "import subprocess, sys; data = bytearray(b'x' * 60_000_000);"
        "child = subprocess.Popen([sys.executable, '-c', "
        "\"data = bytearray(b'x' * 50_000_000); print(1); input()\"],"
        " stdin=subprocess.PIPE); child.wait()"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout.readline() == "1\n"  # both have their memory
        family = descendants(process.pid)
        assert len(family) == 2
        assert family[0] == process.pid
        assert proportional_memory_mb(process.pid) > 57.0
        assert tree_memory_mb(process.pid) > 57.0 + 47.0
    finally:
        for pid in reversed(descendants(process.pid)):
            os.kill(pid, 9)
        process.wait()
    assert tree_memory_mb(process.pid) == 0.0


def status(name: str, **values: str) -> DiagnosticArray:
    pairs = [KeyValue(key=key, value=value) for key, value in values.items()]
    return DiagnosticArray(status=[DiagnosticStatus(name=name, values=pairs)])


def test_only_seconds_of_walking_count_for_the_balance_tick():
    run = WatchedRun(
        exit_code=0, summary={"real_time_factor": 1.5, "distance_m": 7.0, "fell": False}
    )
    run.hear(status("balance", mode="STANDING", tick_cpu_ms_mean="9", tick_cpu_ms_p99="9"))
    run.hear(status("balance", mode="WALKING", tick_cpu_ms_mean="0.5", tick_cpu_ms_p99="1.0"))
    run.hear(status("balance", mode="WALKING", tick_cpu_ms_mean="0.7", tick_cpu_ms_p99="2.0"))
    run.hear(status("driver", tick_cpu_ms_mean="0.4"))
    row = run.row("walk")
    assert row["balance_tick_ms_mean"] == pytest.approx(0.6)
    assert row["balance_tick_ms_p99"] == pytest.approx(1.5)
    assert row["driver_tick_ms_mean"] == pytest.approx(0.4)
    assert row["real_time_factor"] == 1.5


def test_the_recorder_costs_what_it_computes_in_the_seconds_of_walking():
    run = WatchedRun()
    for sec, mode, cpu in (
        (1, "STANDING", 1.0),
        (5, "WALKING", 2.0),
        (6, "WALKING", 2.5),
        (15, "WALKING", 2.25),
    ):
        message = status("balance", mode=mode, tick_cpu_ms_mean="0.5", tick_cpu_ms_p99="1.0")
        message.header.stamp.sec = sec
        run.hear(message, recorder_cpu=cpu)
    assert run.recorder_core_share == pytest.approx(0.025)


def test_cpu_time_of_a_process_that_is_found_by_a_word():
    busy = (
        "import sys, time\nwhile time.process_time() < 0.35: pass\n"
        "print(flush=True)\nsys.stdin.read()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", busy, "a_word"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        process.stdout.readline()
        assert find_descendant(process.pid, "a_word") == process.pid
        assert find_descendant(process.pid, "another") is None
        assert 0.3 <= cpu_seconds(process.pid) < 3.0
    finally:
        process.communicate()
    assert cpu_seconds(process.pid) == 0.0
