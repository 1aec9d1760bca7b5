# SPDX-License-Identifier: Apache-2.0
"""One process of a launch: its start, its output as lines, its end, all without waiting."""

from __future__ import annotations

import os
import signal
import subprocess
from collections import deque
from pathlib import Path
from typing import IO

from talus_launch.errors import LaunchError
from talus_launch.plan import InlineParameters, ProcessSpec

# Lines kept to show why a process died: a Python traceback with its cause.
LINES_KEPT = 25
_CHUNK = 65536


class Child:
    """A running process, leader of a process group of its own."""

    def __init__(self, spec: ProcessSpec, folder: Path):
        """Start it. `folder` takes the parameter files. Raises LaunchError."""
        self.spec = spec
        self.name = spec.name
        self.goes_last = spec.goes_last
        self.sigterm_after = spec.sigterm_after
        self.sigkill_after = spec.sigkill_after
        self.last_lines: deque[str] = deque(maxlen=LINES_KEPT)
        self._partial: dict[int, bytes] = {}
        try:
            self.process = subprocess.Popen(
                full_command(spec, folder),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                cwd=spec.folder,
                env={"PYTHONUNBUFFERED": "1", **spec.environment},
                start_new_session=True,
            )
        except OSError as error:
            raise LaunchError(f"{spec.name}: cannot start '{spec.command[0]}': {error.strerror}") from error
        for stream in self.streams:
            os.set_blocking(stream.fileno(), False)

    @property
    def streams(self) -> tuple[IO[bytes], IO[bytes]]:
        """Standard output and standard error."""
        return self.process.stdout, self.process.stderr

    def is_alive(self) -> bool:
        """Whether it has not been seen to end."""
        return self.process.returncode is None

    def send(self, number: signal.Signals) -> None:
        """Signal its group."""
        if self.is_alive():
            signal_group(self.process.pid, number)

    def read(self, stream: IO[bytes]) -> tuple[list[str], bool]:
        """The lines that have come, and whether the stream still is open."""
        key = stream.fileno()
        try:
            data = os.read(key, _CHUNK)
        except BlockingIOError:
            return [], True
        *whole, rest = (self._partial.pop(key, b"") + data).split(b"\n")
        if data:
            self._partial[key] = rest
        elif rest:
            whole.append(rest)
        lines = [line.decode(errors="replace").rstrip("\r") for line in whole]
        self.last_lines.extend(lines)
        return lines, bool(data)

    def reap(self) -> int | None:
        """Its exit code once it has ended (minus the signal's number where one ended it); kills what it left behind."""
        if self.is_alive() and os.waitid(os.P_PID, self.process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            signal_group(self.process.pid, signal.SIGKILL)  # before the id can be given to another process
            self.process.wait()
        return self.process.returncode


def signal_group(leader: int, number: signal.Signals) -> None:
    """Signal a process group; nothing happens if it is gone."""
    try:
        os.killpg(leader, number)
    except ProcessLookupError:
        return


def full_command(spec: ProcessSpec, folder: Path) -> list[str]:
    """The command line of a process; parameters of the launch file go to files in `folder`."""
    ros = list(spec.ros_arguments)
    for place, parameters in enumerate(spec.parameters):
        if isinstance(parameters, InlineParameters):
            file = folder / f"{spec.name}-{place}.yaml"
            file.write_text(parameters.yaml)
        else:
            file = parameters
        ros += ["--params-file", str(file)]
    return [*spec.command, *(["--ros-args", *ros] if ros else [])]
