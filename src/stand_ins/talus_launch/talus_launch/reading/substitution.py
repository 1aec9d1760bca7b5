# SPDX-License-Identifier: Apache-2.0
"""Parses the `$(...)` syntax of launch files into a tree of pieces, with no evaluation.

Grammar (launch's own): a template is text and calls; a call is `$(name argument ...)`, its
arguments are separated by one space; an argument is quoted ('...' or "..."), or runs to the next
space; a backslash takes the next character as text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")


class SubstitutionSyntaxError(ValueError):
    """Raised for text that is not a template; the message says where."""


@dataclass(frozen=True)
class SubstitutionCall:
    """Hold `$(name argument ...)`; each argument is a template of its own."""

    name: str
    arguments: tuple[Template, ...]


Template = tuple["str | SubstitutionCall", ...]


def parse_template(text: str) -> Template:
    """Return text with `$(...)` in it as pieces. Raises SubstitutionSyntaxError."""
    return _Parser(text).template(end=None)


class _Parser:
    def __init__(self, text: str):
        self.text = text
        self.at = 0

    @property
    def next(self) -> str:
        return self.text[self.at : self.at + 1]

    def template(self, end: str | None) -> Template:
        """Return pieces up to an unescaped quote `end`, or up to the end of the text."""
        pieces: list[str | SubstitutionCall] = []
        while self.next and self.next != end:
            self._piece(pieces, quote=end)
        return tuple(pieces)

    def _piece(self, pieces: list[str | SubstitutionCall], quote: str | None) -> None:
        if self.text.startswith("$(", self.at):
            pieces.append(self._call(quote))
            return
        if self.next == "\\" and self.at + 1 < len(self.text):
            self.at += 1
        if pieces and isinstance(pieces[-1], str):
            pieces[-1] += self.next
        else:
            pieces.append(self.next)
        self.at += 1

    def _call(self, quote: str | None) -> SubstitutionCall:
        start = self.at
        self.at = self.at + 2
        name = _NAME.match(self.text, self.at)
        if name is None:
            raise SubstitutionSyntaxError(f"no name after '$(' in '{self.text[start:]}'")
        self.at = name.end()
        arguments = []
        while self.next == " ":
            self.at += 1
            arguments.append(self._argument(quote))
        if self.next != ")":
            raise SubstitutionSyntaxError(
                f"'$({name.group()}' is not closed in '{self.text[start:]}'"
            )
        self.at += 1
        return SubstitutionCall(name.group(), tuple(arguments))

    def _argument(self, quote: str | None) -> Template:
        if quote is None and self.next in ("'", '"'):
            return self._quoted(self.next)
        pieces: list[str | SubstitutionCall] = []
        while self.next and self.next not in " )":
            if self.next in ("(", quote):
                raise SubstitutionSyntaxError(f"'{self.next}' needs a backslash in '{self.text}'")
            self._piece(pieces, quote)
        if not pieces:
            raise SubstitutionSyntaxError(
                f"an argument is missing in '{self.text}'; one space separates arguments"
            )
        return tuple(pieces)

    def _quoted(self, quote: str) -> Template:
        self.at += 1
        pieces = self.template(end=quote)
        if self.next != quote:
            raise SubstitutionSyntaxError(f"a quote {quote} is not closed in '{self.text}'")
        self.at += 1
        return pieces
