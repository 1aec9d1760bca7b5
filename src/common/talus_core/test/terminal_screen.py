# SPDX-License-Identifier: Apache-2.0
"""Plays a terminal: what stays on its rows after a program has printed."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import termios
from typing import TextIO

from talus_core.machine.terminal import columns_of

_END = "\0"  # follows what a test has printed: a terminal hands it on in pieces
_ESCAPE = re.compile(r"\x1b\[([0-9;]*)([A-Za-z])")


class Screen:
    """Wraps at its width as terminals do: what is written behind the last column goes below."""

    def __init__(self, columns: int):
        self.columns = columns
        self.rows = [""]
        self._column = 0

    def take(self, text: str) -> None:
        """Draw what a program printed."""
        place = 0
        while place < len(text):
            character = text[place]
            if escape := _ESCAPE.match(text, place):
                if escape[2] == "K":
                    self.rows[-1] = self.rows[-1][: self._column]
                place = escape.end()
                continue
            if character == "\r":
                self._column = 0
            elif character == "\n":
                self.rows.append(" " * self._column)
            else:
                self._draw(character)
            place += 1

    def _draw(self, character: str) -> None:
        wide = columns_of(character)
        if self._column + wide > self.columns:
            self.rows.append("")
            self._column = 0
        self.rows[-1] = f"{self.rows[-1][: self._column]:{self._column}}{character}"
        self._column += wide


class Pty:
    """Is a real pseudo-terminal: `stream` is the program's end, and `close` hangs up."""

    def __init__(self, columns: int):
        self.master, slave = pty.openpty()
        self.resize(columns)
        self.stream: TextIO = open(slave, "w", encoding="utf-8")  # noqa: SIM115

    def resize(self, columns: int) -> None:
        """Give it another width."""
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))

    def read(self) -> str:
        """Return what has been printed, with the carriage returns that a terminal adds."""
        self.stream.write(_END)
        self.stream.flush()
        data = b""
        while not data.endswith(_END.encode()):
            data += os.read(self.master, 1 << 16)
        return data.decode().removesuffix(_END)

    def newest(self, timeout_s: float = 0.2) -> str:
        """Return what comes within a time; empty if nothing does."""
        ready, _, _ = select.select([self.master], [], [], timeout_s)
        return os.read(self.master, 1 << 16).decode(errors="replace") if ready else ""

    def hang_up(self) -> None:
        """Go away, as a window or an ssh connection does."""
        os.close(self.master)
