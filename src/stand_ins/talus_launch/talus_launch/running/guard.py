# SPDX-License-Identifier: Apache-2.0
"""Ends in good order what a killed runner left behind: a process that outlives its runner.

It is told what runs by lines on standard input, each the whole list, and acts when that is closed.
A signal of the kernel to each process when its parent is gone (PR_SET_PDEATHSIG) would end all of
them at once, the driver before balance has let go; and it would be lost on the way through shells.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict

from talus_launch.errors import LaunchError
from talus_launch.running.leftovers import Leftover, end_in_order


class Guard:
    """Is that process, seen from the runner."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def tell(self, running: Sequence[Leftover]) -> None:
        """Say what runs now. Raises LaunchError where nobody can be told."""
        if self._process is None and not running:
            return
        said = json.dumps([asdict(process) for process in running]).encode() + b"\n"
        try:
            self._write(said)
        except OSError:  # somebody killed the guard
            self._process = None
            try:
                self._write(said)
            except OSError as error:
                raise LaunchError(f"no guard for the processes: {error.strerror}") from error

    def close(self) -> None:
        """End it, too: it has nothing to do where nothing runs. Idempotent."""
        if self._process is not None:
            with suppress(OSError):
                self._process.communicate()
            self._process = None

    def _write(self, said: bytes) -> None:
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", __name__],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,  # no signal of the terminal
            )
        assert self._process.stdin is not None  # it was asked for as a pipe
        self._process.stdin.write(said)
        self._process.stdin.flush()


def main() -> None:
    """Wait until the runner is gone, then end what it had running."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # it ends by itself, after those that it guards
    newest = b"[]"
    for line in sys.stdin.buffer:
        newest = line
    end_in_order([Leftover(**entry) for entry in json.loads(newest)])


if __name__ == "__main__":
    main()
