# SPDX-License-Identifier: Apache-2.0
"""Reads a launch file into a tree of elements that know the line they stand on."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import overload
from xml.parsers import expat

from talus_launch.errors import LaunchError, LaunchFileError


@dataclass(frozen=True)
class LaunchElement:
    """Holds one XML element: its attributes as written, before substitution."""

    tag: str
    attributes: dict[str, str]
    file: Path
    line: int
    children: list[LaunchElement] = field(default_factory=list)

    @overload
    def get(self, name: str) -> str | None: ...

    @overload
    def get(self, name: str, default: str) -> str: ...

    def get(self, name: str, default: str | None = None) -> str | None:
        """Return an attribute as written, or `default`."""
        return self.attributes.get(name, default)

    def require(self, name: str) -> str:
        """Return an attribute that must be there."""
        if name not in self.attributes:
            raise self.error(f"<{self.tag}> needs the attribute '{name}'")
        return self.attributes[name]

    def nested(self, tag: str) -> list[LaunchElement]:
        """Return the children with a tag."""
        return [child for child in self.children if child.tag == tag]

    def error(self, problem: str) -> LaunchFileError:
        """Return an error that points at this element."""
        return LaunchFileError(self.file, self.line, problem)


def read_document(file: Path) -> LaunchElement:
    """Return the `<launch>` element of a file. Raises LaunchError."""
    try:
        text = file.read_bytes()
    except OSError as error:
        raise LaunchError(
            f"{file}: {error.strerror}; a launch file is an XML file in launch/"
        ) from error
    reader = _Reader(file)
    try:
        reader.parser.Parse(text, True)
    except expat.ExpatError as error:
        raise LaunchFileError(
            file, error.lineno, f"not valid XML: {expat.errors.messages[error.code]}"
        ) from error
    except (LookupError, ValueError) as error:  # an encoding that nobody knows
        raise LaunchError(f"{file}: not valid XML: {error}") from error
    if reader.root.tag != "launch":
        raise reader.root.error(f"a launch file begins with <launch>, not <{reader.root.tag}>")
    return reader.root


class _Reader:
    """Builds elements from expat's events, which carry line numbers."""

    def __init__(self, file: Path):
        self.file = file
        self.root: LaunchElement
        self._open: list[LaunchElement] = []
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = lambda _tag: self._open.pop()
        self.parser.CharacterDataHandler = self._text

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        element = LaunchElement(tag, attributes, self.file, self.parser.CurrentLineNumber)
        if self._open:
            self._open[-1].children.append(element)
        else:
            self.root = element
        self._open.append(element)

    def _text(self, text: str) -> None:
        if text.strip():
            raise LaunchFileError(
                self.file, self.parser.CurrentLineNumber, f"text outside a tag: '{text.strip()}'"
            )
