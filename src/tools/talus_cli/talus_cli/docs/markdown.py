# SPDX-License-Identifier: Apache-2.0
"""Writes Markdown: tables, and values as a reader knows them from YAML."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table, each row on a line; ends with a line end."""
    lines = [_line(header), "|" + "---|" * len(header), *map(_line, rows)]
    return "\n".join(lines) + "\n"


def code(text: str) -> str:
    """Return text set as code; nothing of nothing."""
    return f"`{text}`" if text else ""


def shown(value: object) -> str:
    """Return a value as a configuration file writes it, a tuple without its brackets."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return ", ".join(map(shown, value))
    return str(value)


def _line(cells: Sequence[str]) -> str:
    return "".join(f"| {cell} " if cell else "| " for cell in map(_escaped, cells)) + "|"


def _escaped(cell: str) -> str:
    return " ".join(cell.split()).replace("|", r"\|")
