# SPDX-License-Identifier: Apache-2.0
"""Collects what a conversion assumed, changed or lost, so that nothing of it stays unsaid."""

from __future__ import annotations

from collections import defaultdict

ADOPTED_FILE = "adopted.txt"  # in the folder of an adopted robot: the list of remarks
REMARK_KINDS = ("assumed", "changed", "lost")


class Remarks:
    """Lists what a person shall know of a conversion; equal texts share a line."""

    def __init__(self) -> None:
        self._names: dict[tuple[str, str], list[str]] = defaultdict(list)

    def assumed(self, name: str, what: str) -> None:
        """Say a value that the source does not hold."""
        self._add("assumed", name, what)

    def changed(self, name: str, what: str) -> None:
        """Say what is written otherwise than in the source."""
        self._add("changed", name, what)

    def lost(self, name: str, what: str) -> None:
        """Say what of the source is not in what was written."""
        self._add("lost", name, what)

    def extend(self, other: Remarks) -> None:
        """Add all of another list."""
        for (kind, what), names in other._names.items():
            for name in names:
                self._add(kind, name, what)

    def lines(self) -> list[str]:
        """Return the whole list, one remark a line; none where there is nothing to say."""
        return [
            f"{kind}: {', '.join(dict.fromkeys(names))}: {what}"
            for wanted in REMARK_KINDS
            for (kind, what), names in self._names.items()
            if kind == wanted
        ]

    def _add(self, kind: str, name: str, what: str) -> None:
        self._names[kind, what].append(name)
