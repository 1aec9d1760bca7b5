# SPDX-License-Identifier: Apache-2.0
"""Checks how a program begins: with closed streams, an early Ctrl-C, a terminal that goes away."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

BEGIN = "from talus_core.machine.program import *\nimport os, signal, sys\n"


def run(script: str, shell: str = "") -> subprocess.CompletedProcess:
    """Run a script, with redirections of a shell or what it does before."""
    command = ["sh", "-c", shell or 'exec "$0" -c "$1"', sys.executable, BEGIN + script]
    return subprocess.run(command, capture_output=True, text=True, timeout=300)


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams_are_opened_on_nothing(closed: str):
    done = run(
        "begin_program(); print('out'); print('error', file=sys.stderr); sys.stdin.read(0)\n"
        "sys.exit(0 if os.open('/dev/zero', os.O_RDONLY) > 2 else 'a file took its number')",
        f'exec "$0" -c "$1" {closed}',
    )
    assert done.returncode == 0, done.stderr


def test_ctrl_c_while_a_program_imports_ends_it_without_a_word():
    done = run("begin_program()\nos.kill(os.getpid(), signal.SIGINT)\nprint('goes on')")
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGINT, "", "")


def test_ctrl_c_between_two_programs_waits_for_the_second():
    second = f"{BEGIN}print('begins', flush=True); begin_program(); print('goes on')"
    done = run(
        "hold_interrupts()\nos.kill(os.getpid(), signal.SIGINT)\n"
        f"os.execv(sys.executable, [sys.executable, '-c', {second!r}])"
    )
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGINT, "begins\n", "")


@pytest.mark.parametrize("number", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_terminal_that_goes_away_is_as_ctrl_c(number: str):
    script = f"""
begin_program(); interrupt_by_exception()
try:
    os.kill(os.getpid(), signal.{number})
    signal.pause()
except KeyboardInterrupt:
    sys.exit(130)
"""
    assert run(script).returncode == 130


@pytest.mark.parametrize(
    "body",
    [
        "os.kill(os.getpid(), signal.SIGINT); signal.pause()",
        "try:\n  os.kill(os.getpid(), signal.SIGINT); signal.pause()\n"
        " except KeyboardInterrupt as error:\n  raise ImportError('no init') from error",
    ],
)
def test_ctrl_c_in_a_program_that_knows_nothing_of_it(body: str):
    """Also where a library that is being imported makes another error of it."""
    done = run(f"def main():\n {body}\nsys.exit(run_program(main))")
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "stopped\n")
    told = run("def main():\n raise ImportError('no init')\nsys.exit(run_program(main))")
    assert (told.returncode, "ImportError: no init" in told.stderr) == (1, True)


def test_nohup_goes_on():
    script = "begin_program(); interrupt_by_exception(); os.kill(os.getpid(), signal.SIGHUP)"
    assert run(script, 'trap "" HUP; exec "$0" -c "$1"').returncode == 0


def test_a_worker_ends_with_its_parent():
    script = """
import time
reading, writing = os.pipe()
parent = os.getpid()
if os.fork() == 0:
    os.close(reading)
    end_with_parent(parent)
    os.write(writing, b'x')
    time.sleep(300)
os.close(writing)
os.read(reading, 1)
sys.stdout.flush()
os.kill(parent, signal.SIGKILL)
"""
    done = run(script)  # it returns when nobody holds the pipe of standard output any more
    assert done.returncode == -signal.SIGKILL
