# SPDX-License-Identifier: Apache-2.0
import os
import signal
import subprocess
import sys
import time

import pytest
from talus_drivers.lockstep.process_watch import is_runnable

READY = "print(flush=True); "
BUSY = READY + "\nwhile True: pass"
IDLE = READY + "import signal; signal.pause()"
PATIENCE_S = 300.0


@pytest.fixture
def process(request):
    """Started, not starting: a Python that still reads its modules sleeps and runs by turns."""
    with subprocess.Popen([sys.executable, "-c", request.param], stdout=subprocess.PIPE) as child:
        assert child.stdout.readline()
        yield child
        child.kill()


def becomes(process: int, wanted: bool) -> bool:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if is_runnable(process) is wanted:
            return True
        time.sleep(0.01)
    return False


@pytest.mark.parametrize("process", [BUSY], indirect=True)
def test_a_busy_process_is_runnable_until_it_is_stopped(process):
    assert becomes(process.pid, True)
    os.kill(process.pid, signal.SIGSTOP)
    assert becomes(process.pid, False)


@pytest.mark.parametrize("process", [BUSY], indirect=True)
def test_a_dead_process_is_not_runnable(process):
    process.kill()
    assert becomes(process.pid, False)


@pytest.mark.parametrize("process", [IDLE], indirect=True)
def test_a_process_asleep_is_not_runnable(process):
    assert becomes(process.pid, False)


@pytest.mark.parametrize("process", [0, -1, 2**31 - 1], ids=str)
def test_nobody_is_not_runnable(process):
    assert not is_runnable(process)


def test_a_name_with_parentheses_does_not_confuse(tmp_path):
    task = tmp_path / "7" / "task" / "7"
    task.mkdir(parents=True)
    (task / "stat").write_text("7 (odd) R (name) S 1 7 7 0")
    assert not is_runnable(7, tmp_path)
