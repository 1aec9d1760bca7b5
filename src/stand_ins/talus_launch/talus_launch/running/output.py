# SPDX-License-Identifier: Apache-2.0
"""Sends the lines that processes print to a log file each, and to the terminal."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import Protocol, TextIO

# ANSI foreground colours that read well on black and on white.
_COLOURS = (36, 33, 35, 32, 34, 31)
_NAME_WIDTH = 14


class Sink(Protocol):
    """Defines what takes the lines of all processes."""

    def line(self, name: str, text: str, shows: bool) -> None:
        """Take a line of a process; `shows`: it asks for the screen."""

    def note(self, text: str) -> None:
        """Take a line of the runner itself."""


class Terminal:
    """Prints lines with the name of their process, each in its colour on a terminal."""

    def __init__(self, stream: TextIO | None = None):
        self._stream = stream or sys.stdout
        self._colours: dict[str, int] = {}
        self._is_tty = self._stream.isatty()

    def line(self, name: str, text: str, shows: bool) -> None:
        """Print a line that asks for the screen."""
        if shows:
            self.note(f"{self._label(name)} {text}")

    def note(self, text: str) -> None:
        """Print a line of the runner itself."""
        with contextlib.suppress(BrokenPipeError):  # no reader is left: the log files have it
            print(text, file=self._stream, flush=True)

    def _label(self, name: str) -> str:
        label = f"{name:<{_NAME_WIDTH}}|"
        if not self._is_tty:
            return label
        colour = self._colours.setdefault(name, _COLOURS[len(self._colours) % len(_COLOURS)])
        return f"\x1b[{colour}m{label}\x1b[0m"


class LogFolder:
    """Writes every line to `<folder>/<name>.log` and hands it on."""

    def __init__(self, folder: Path, then: Sink):
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._then = then
        self._files: dict[str, TextIO] = {}

    def line(self, name: str, text: str, shows: bool) -> None:
        """Keep a line and hand it on."""
        self._write(name, text)
        self._then.line(name, text, shows)

    def note(self, text: str) -> None:
        """Keep a line of the runner itself and hand it on."""
        self._write("runner", text)
        self._then.note(text)

    def close(self) -> None:
        """Close the files. Idempotent."""
        for file in self._files.values():
            file.close()
        self._files.clear()

    def _write(self, name: str, text: str) -> None:
        if name not in self._files:
            self._files[name] = (self.folder / f"{name}.log").open("a", buffering=1)
        self._files[name].write(text + "\n")
