# SPDX-License-Identifier: Apache-2.0
"""Read a manifest entry by entry; an entry that is missing, wrong or unknown is one line."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

from talus_core.errors import unknown_name_message

from talus_models.kinds import ModelError, ModelKind

SHOWN_CHARACTERS = 40  # of a wrong value, in a message of one line


class Section:
    """A mapping whose entries are read one by one; errors name the entry by its full name.

    Attributes:
        path: The file that all of it stands in.
        kind: What the file is the manifest of.
    """

    def __init__(self, path: Path, kind: ModelKind, raw: Any, name: str = ""):
        """Take the mapping `raw` with the full name `name`, which is empty for the whole file."""
        self.path = path
        self.kind = kind
        self._name = name
        if not isinstance(raw, dict):
            raise self.refusal(f"{name or 'the file'} is {_shown(raw)}; it must be a mapping")
        self._raw = raw
        self._read: set[str] = set()
        self._below: list[Section] = []

    def refusal(self, text: str) -> ModelError:
        """Return the error for something that is wrong in this file."""
        return self.kind.refusal(self.path, text)

    def has(self, key: str) -> bool:
        """Tell whether there is such an entry."""
        return key in self._raw

    def text(self, key: str) -> str:
        """Return a text that is not empty."""
        return self._value(key, lambda value: isinstance(value, str) and value, "a text")

    def whole(self, key: str) -> int:
        """Return a whole number, 0 or more."""
        return self._value(key, _is_whole, "a whole number, 0 or more")

    def wholes(self, key: str) -> tuple[int, ...]:
        """Return a list of whole numbers that is not empty."""
        value = self._value(
            key, lambda v: isinstance(v, list) and v and all(map(_is_whole, v)), "whole numbers"
        )
        return tuple(value)

    def words(self, key: str, known: tuple[str, ...]) -> tuple[str, ...]:
        """Return a list of words that are all `known`."""
        value = self._value(
            key, lambda v: isinstance(v, list) and v, f"a list of {', '.join(known)}"
        )
        for word in value:
            if word not in known:
                raise self.refusal(
                    unknown_name_message(f"entry of {self._full(key)}", str(word), known)
                )
        return tuple(value)

    def number(self, key: str, above: float | None = None) -> float:
        """Return a finite number; with `above`, a greater one than that."""
        wanted = "a finite number" + ("" if above is None else f" above {above:g}")
        return float(
            self._value(key, lambda v: _is_finite(v) and (above is None or v > above), wanted)
        )

    def section(self, key: str) -> Section:
        """Return the mapping below `key`."""
        return self._beneath(self._full(key), self._value(key, lambda _: True, ""))

    def sections(self, key: str) -> list[Section]:
        """Return the mappings of the list below `key`, which is not empty."""
        value = self._value(key, lambda v: isinstance(v, list) and v, "a list of mappings")
        return [
            self._beneath(f"{self._full(key)}[{place}]", item) for place, item in enumerate(value)
        ]

    def refuse_unread(self) -> None:
        """Raise for an entry, here or below, that nobody asked for: it is a misspelt one."""
        for key in self._raw.keys() - self._read:
            raise self.refusal(
                unknown_name_message(f"entry {self._name}".strip(), str(key), self._read)
            )
        for section in self._below:
            section.refuse_unread()

    def _beneath(self, name: str, raw: Any) -> Section:
        section = Section(self.path, self.kind, raw, name)
        self._below.append(section)
        return section

    def _value(self, key: str, is_sound: Callable[[Any], Any], wanted: str) -> Any:
        self._read.add(key)
        if key not in self._raw:
            raise self.refusal(f"without '{self._full(key)}'; every entry must be there")
        value = self._raw[key]
        if not is_sound(value):
            raise self.refusal(f"{self._full(key)} is {_shown(value)}; it must be {wanted}")
        return value

    def _full(self, key: str) -> str:
        return f"{self._name}.{key}" if self._name else key


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_finite(value: Any) -> bool:
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number above all floats
        return False


def _shown(value: Any) -> str:
    text = " ".join(repr(value).split())
    return text if len(text) <= SHOWN_CHARACTERS else text[: SHOWN_CHARACTERS - 3] + "..."
