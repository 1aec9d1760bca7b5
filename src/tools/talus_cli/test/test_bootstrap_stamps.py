# SPDX-License-Identifier: Apache-2.0
"""Checks that stamps are whole or absent, and that the lock admits one process at a time."""

import fcntl
import os
import subprocess
import sys

import pytest
from talus_cli.bootstrap.preparing.lock import exclusive
from talus_cli.bootstrap.preparing.stamps import read_stamp, write_stamp

HOLD = """
import sys
from pathlib import Path
from talus_cli.bootstrap.preparing.lock import exclusive
with exclusive(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""

RUN_UNDER_LOCK = """
import os, sys
from pathlib import Path
from talus_cli.bootstrap.preparing.lock import exclusive
from talus_cli.bootstrap.process import run_logged
folder, fifo = map(Path, sys.argv[1:])
with exclusive(folder / "lock") as lock_fd:
    command = ["sh", "-c", f"while echo x; do :; done > {fifo}"]
    run_logged(command, folder / "log", print, os.environ, [lock_fd])
"""


def test_stamp_comes_back(tmp_path):
    write_stamp(tmp_path / "deep" / "a.json", {"key": "value"})
    assert read_stamp(tmp_path / "deep" / "a.json") == {"key": "value"}


@pytest.mark.parametrize("content", [None, "", '{"key": "val'])
def test_absent_or_cut_stamp_is_none(tmp_path, content):
    path = tmp_path / "a.json"
    if content is not None:
        path.write_text(content)
    assert read_stamp(path) is None


def test_failed_write_leaves_the_old_stamp(tmp_path):
    path = tmp_path / "a.json"
    write_stamp(path, {"old": 1})
    with pytest.raises(TypeError):
        write_stamp(path, {"new": object()})
    assert read_stamp(path) == {"old": 1}


def test_second_one_waits_for_the_first_and_says_so(tmp_path):
    command = [sys.executable, "-c", HOLD, str(tmp_path / "lock")]
    pipes = {
        "stdin": subprocess.PIPE,
        "stdout": subprocess.PIPE,
        "stderr": subprocess.PIPE,
        "text": True,
    }
    with subprocess.Popen(command, **pipes) as first:
        assert first.stdout.readline() == "held\n"
        with subprocess.Popen(command, **pipes) as second:
            assert f"process {first.pid} prepares this workspace" in second.stderr.readline()
            first.stdin.close()
            assert second.stdout.readline() == "held\n"
            second.stdin.close()


def test_lock_is_free_again_after_a_kill(tmp_path):
    command = [sys.executable, "-c", HOLD, str(tmp_path / "lock")]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as killed:
        assert killed.stdout.readline() == "held\n"
        killed.kill()
    with exclusive(tmp_path / "lock") as descriptor:
        assert descriptor > 2


def test_lock_stays_while_a_command_of_a_killed_start_still_runs(tmp_path):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    command = [sys.executable, "-c", RUN_UNDER_LOCK, str(tmp_path), str(fifo)]
    with subprocess.Popen(command) as start, open(fifo):  # the command lives while its pipe is open
        start.kill()
        start.wait()
        with open(tmp_path / "lock") as file, pytest.raises(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    with exclusive(tmp_path / "lock") as descriptor:  # waits until the command ended, too
        assert descriptor > 2
