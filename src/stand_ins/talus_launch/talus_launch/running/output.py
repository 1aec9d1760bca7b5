# SPDX-License-Identifier: Apache-2.0
"""Sends the lines that processes print to a log file each, and to the terminal."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Protocol, TextIO

from talus_core.machine.terminal import Terminal

# ANSI foreground colours that read well on black and on white.
_COLOURS = (36, 33, 35, 32, 34, 31)
_NAME_WIDTH = 14


class Sink(Protocol):
    """Defines what takes the lines of all processes."""

    def line(self, name: str, text: str, shows: bool) -> None:
        """Take a line of a process; `shows`: it asks for the screen."""

    def note(self, text: str) -> None:
        """Take a line of the runner itself."""


class LaunchScreen:
    """Prints lines with the name of their process, each in its colour where colours are wanted."""

    def __init__(self, terminal: Terminal):
        self._terminal = terminal
        self._colours: dict[str, int] = {}

    def line(self, name: str, text: str, shows: bool) -> None:
        """Print a line that asks for the screen."""
        if shows:
            colour = self._colours.setdefault(name, _COLOURS[len(self._colours) % len(_COLOURS)])
            label = self._terminal.coloured(f"{name:<{_NAME_WIDTH}}|", colour)
            self._terminal.line(f"{label} {text}")

    def note(self, text: str) -> None:
        """Print a line of the runner itself."""
        self._terminal.line(text)


class LogFolder:
    """Writes every line to `<folder>/<name>.log` and hands it on.

    A disk that takes no more costs log lines, not the run: that is said once, and lines are handed
    on as before.
    """

    def __init__(self, folder: Path, then: Sink):
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._then = then
        self._files: dict[str, TextIO] = {}
        self._is_complete = True

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
            with suppress(OSError):  # what a full disk did not take
                file.close()
        self._files.clear()

    def _write(self, name: str, text: str) -> None:
        try:
            if name not in self._files:
                self._files[name] = (self.folder / f"{name}.log").open(
                    "a", buffering=1, encoding="utf-8", errors="backslashreplace"
                )
            self._files[name].write(text + "\n")
        except OSError as error:
            if self._is_complete:
                self._is_complete = False
                self._then.note(
                    f"{self.folder}: {error.strerror}: what cannot be written is missing there"
                )
