# SPDX-License-Identifier: Apache-2.0
"""Starts a process of a launch, reads its lines and sees its end, all without waiting."""

from __future__ import annotations

import os
import signal
import subprocess
from collections import deque
from pathlib import Path
from typing import IO

from talus_core.machine.places import LOG_VARIABLE

from talus_launch.errors import LaunchError
from talus_launch.plan import InlineParameters, ProcessSpec

# Lines kept to show why a process died: a Python traceback with its cause.
LINES_KEPT = 25
_CHUNK = 65536


class InterruptTraceback:
    """Knows a KeyboardInterrupt's traceback in a stream of lines: no fault where one was sent."""

    def __init__(self) -> None:
        self._is_inside = False
        self._is_over = False

    def takes(self, line: str) -> bool:
        """Tell whether a line belongs to one, or to what libraries make of it afterwards.

        Of another error's traceback only the last line does not.
        """
        if line == "Traceback (most recent call last):":
            self._is_inside = True
        elif self._is_inside and not line.startswith((" ", "\t")):
            self._is_inside = False
            self._is_over = self._is_over or line.startswith("KeyboardInterrupt")
        return self._is_inside or self._is_over


class Child:
    """Is a running process, leader of a process group of its own.

    Attributes:
        streams: Its standard output and its standard error.
        last_lines: The newest that it printed.
    """

    def __init__(self, spec: ProcessSpec, folder: Path):
        """Start the process; `folder` takes the parameter files. Raises LaunchError."""
        self.spec = spec
        self.name = spec.name
        self.goes_last = spec.goes_last
        self.sigterm_after = spec.sigterm_after
        self.sigkill_after = spec.sigkill_after
        self.last_lines: deque[str] = deque(maxlen=LINES_KEPT)
        self._partial: dict[int, bytes] = {}
        self._interrupted = InterruptTraceback()
        try:
            process = subprocess.Popen(
                full_command(spec, folder),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                cwd=spec.folder,
                env={"PYTHONUNBUFFERED": "1", **spec.environment},
                start_new_session=True,
            )
        except OSError as error:
            raise LaunchError(
                f"{spec.name}: cannot start '{spec.command[0]}': {error.strerror}"
            ) from error
        assert process.stdout is not None  # it was asked for as a pipe
        assert process.stderr is not None  # likewise
        self.process = process
        self.streams = (process.stdout, process.stderr)
        for stream in self.streams:
            os.set_blocking(stream.fileno(), False)

    def is_alive(self) -> bool:
        """Tell whether it has not been seen to end."""
        return self.process.returncode is None

    def send(self, number: signal.Signals) -> None:
        """Send a signal to its process group."""
        if self.is_alive():
            signal_group(self.process.pid, number)

    def read(self, stream: IO[bytes]) -> tuple[list[str], bool]:
        """Return the lines that have come, and whether the stream still is open."""
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

    def tells_of_interrupt(self, line: str) -> bool:
        """Tell whether a line is of the traceback of a Python that was interrupted as it began."""
        return self._interrupted.takes(line)

    def reap(self) -> int | None:
        """Return its exit code once it has ended, and kill what it left behind.

        The code is minus the signal's number where one ended it.
        """
        if self.is_alive() and os.waitid(
            os.P_PID, self.process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT
        ):
            signal_group(
                self.process.pid, signal.SIGKILL
            )  # before the id can be given to another process
            self.process.wait()
        return self.process.returncode


def signal_group(leader: int, number: signal.Signals) -> None:
    """Signal a process group; nothing happens if it is gone."""
    try:
        os.killpg(leader, number)
    except ProcessLookupError:
        return


def full_command(spec: ProcessSpec, folder: Path) -> list[str]:
    """Return the command line of a process; its parameters go to files in `folder`."""
    ros = list(spec.ros_arguments)
    for place, parameters in enumerate(spec.parameters):
        if isinstance(parameters, InlineParameters):
            file = folder / f"{spec.name}-{place}.yaml"
            _write(file, parameters.yaml)
        else:
            file = parameters
        ros += ["--params-file", str(file)]
    return [*spec.command, *(["--ros-args", *ros] if ros else [])]


def _write(file: Path, text: str) -> None:
    """Write a file unless it is there: where a process starts again, the disk may be full."""
    try:
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise LaunchError(
            f"{file}: {error.strerror}; set {LOG_VARIABLE} to a folder that can be written"
        ) from error
