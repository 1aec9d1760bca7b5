# SPDX-License-Identifier: Apache-2.0
"""Prints to a stream that may be a terminal of any width, a pipe, a file, or gone."""

from __future__ import annotations

import errno
import os
import re
import sys
import unicodedata
from collections.abc import Mapping
from typing import ClassVar, TextIO

# Where a terminal does not tell its width (0, as a serial line does): that of the VT100.
UNKNOWN_WIDTH_COLUMNS = 80
# Left free behind a row: one for the cursor, so that no terminal wraps, and two for `^C`, which a
# terminal writes at the cursor by itself.
ROOM_BEHIND_ROW_COLUMNS = 3
# What a stream says when nobody can read it any more: a pipe without a reader, a terminal that hung
# up.
_READER_GONE = (errno.EPIPE, errno.EIO)
_CLEAR_ROW = "\r\x1b[K"
_COLOUR = r"\x1b\[[0-9;]*m"
# Escape sequences of ECMA-48: those with parameters, strings such as window titles, and short ones.
_ESCAPE = (
    r"\x1b\[[0-?]*[ -/]*[@-~]"
    r"|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?"
    r"|\x1b[ -/]*[0-~]?"
)
_CONTROL = r"[\x00-\x08\x0b-\x1f\x7f-\x9f]"
_PLAIN = re.compile(f"{_ESCAPE}|{_CONTROL}")
_BUT_COLOURS = re.compile(f"(?!{_COLOUR})(?:{_ESCAPE})|(?!\x1b){_CONTROL}")


def plain_text(text: str, keeps_colours: bool = False) -> str:
    """Return text without what moves a cursor, clears a screen or rings; lines and tabs stay."""
    return (_BUT_COLOURS if keeps_colours else _PLAIN).sub("", text)


def columns_of(character: str) -> int:
    """Return how many columns a character takes at most: 0 where it joins the one before it."""
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WFA" else 1


def cut_to_columns(text: str, columns: int) -> str:
    """Return as much of the beginning of a one-line text as surely fits into so many columns."""
    used = 0
    for place, character in enumerate(text):
        used += columns_of(character)
        if used > columns:
            return text[:place]
    return text


class Terminal:
    """Prints lines, and where the stream can redraw, one status row below them; it never raises.

    A program's terminals share the screen: a line begins on a row of its own, whichever of them a
    status row stands on. Used from one thread at a time.

    Attributes:
        is_live: Whether a row can be drawn again: a terminal that knows escape codes.
        has_colours: Whether colours are wanted, too: not with NO_COLOR (no-color.org).
        is_lost: Whether the stream took no more; everything later is dropped.
        loss: Number of the error by which it was lost (errno); 0 without one.
    """

    _with_row: ClassVar[Terminal | None] = None

    def __init__(self, stream: TextIO | None, environment: Mapping[str, str] = os.environ):
        """Print to a stream; None, which Python has for a closed one, takes everything silently."""
        self._stream = stream
        self._environment = environment
        self.is_live = _is_terminal(stream) and environment.get("TERM", "") not in ("", "dumb")
        self.has_colours = self.is_live and not environment.get("NO_COLOR")
        self.is_lost = stream is None
        self.loss = 0

    @property
    def has_reader(self) -> bool:
        """Tell whether somebody may still read; a stream closed from the start is nobody's loss."""
        return self.loss not in _READER_GONE

    def width(self) -> int:
        """Return how many columns there are now: a person may change them at any time."""
        try:
            columns = os.get_terminal_size(self._stream.fileno()).columns if self._stream else 0
        except (OSError, ValueError):
            columns = 0
        if columns > 0:
            return columns
        told = self._environment.get("COLUMNS", "")
        return int(told) if told.isdecimal() and int(told) > 0 else UNKNOWN_WIDTH_COLUMNS

    def row(self, text: str) -> None:
        """Draw the status row anew, cut to the width; where that cannot be, print a line."""
        if not self.is_live:
            self.line(text)
            return
        if Terminal._with_row is not self:
            end_status_row()
            Terminal._with_row = self
        flat = " ".join(plain_text(text).split("\n")).replace("\t", " ")
        room = max(self.width() - ROOM_BEHIND_ROW_COLUMNS, 0)
        self._write(_CLEAR_ROW + cut_to_columns(flat, room))

    def line(self, text: str) -> None:
        """Print a line that stays, in the place of this terminal's status row."""
        before = ""
        if Terminal._with_row is self:
            Terminal._with_row = None
            before = _CLEAR_ROW
        else:
            end_status_row()
        self._write(f"{before}{plain_text(text, self.has_colours)}\n")

    def end_row(self) -> None:
        """Leave the status row as it is; what comes next begins below it."""
        if Terminal._with_row is self:
            Terminal._with_row = None
            self._write("\n")

    def coloured(self, text: str, colour: int) -> str:
        """Return text in a colour (ANSI, 31 to 36), or as it is where colours are not wanted."""
        return f"\x1b[{colour}m{text}\x1b[0m" if self.has_colours else text

    def _write(self, text: str) -> None:
        if self.is_lost or self._stream is None:
            return
        try:
            self._stream.write(_writable(text, self._stream))
            self._stream.flush()
        except BlockingIOError:
            return  # a terminal that takes no more just now
        except (OSError, ValueError) as error:  # ValueError: somebody closed the stream
            self.is_lost = True
            self.loss = (error.errno or 0) if isinstance(error, OSError) else 0
            _forget(self._stream)


def end_status_row() -> None:
    """Leave the status row of this program, if one stands; what comes next begins below it."""
    if Terminal._with_row is not None:
        Terminal._with_row.end_row()


def tell(text: str) -> None:
    """Print a line on standard output."""
    Terminal(sys.stdout).line(text)


def complain(text: str) -> None:
    """Print a line on standard error: one, whatever somebody's input in it holds."""
    Terminal(sys.stderr).line("".join(_shown(letter) for letter in text))


def _shown(letter: str) -> str:
    """Return a space for what would begin a line or steer a terminal; bytes of paths stay."""
    return letter if letter.isprintable() or "\ud800" <= letter <= "\udfff" else " "


def _is_terminal(stream: TextIO | None) -> bool:
    try:
        return stream is not None and stream.isatty()
    except ValueError:
        return False


def _writable(text: str, stream: TextIO) -> str:
    """Return text with what the stream's encoding lacks written as `\\xe4`."""
    encoding = stream.encoding or "utf-8"
    try:
        text.encode(encoding, stream.errors or "strict")
        return text
    except UnicodeError:
        return text.encode(encoding, "backslashreplace").decode(encoding)


def _forget(stream: TextIO) -> None:
    """Send what a lost stream still holds nowhere, else the end of the program would complain."""
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
    except (OSError, ValueError):
        return  # it has no file behind it
