# SPDX-License-Identifier: Apache-2.0
"""Reads the tables of a README as data, for the tests that hold them against the code."""

from __future__ import annotations

import re
from pathlib import Path


def rows(readme: str, section: str) -> list[list[str]]:
    """Return the cells of every row below `## section` whose first cell begins with code."""
    text = readme.split(f"## {section}\n")[1].split("\n## ")[0]
    lines = [line for line in text.splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def assert_files(readme: str, folder: Path, untold: set[str] = frozenset()) -> None:
    """Assert that the tables below "How it works" name each source file except the `untold`.

    A folder of the sources may have a README of its own with such a table, of its files alone.
    """
    named = files_named(readme)
    for page in folder.rglob("README.md"):
        beneath = files_named(page.read_text())
        assert beneath <= source_names(page.parent), page
        assert f"({page.parent.relative_to(folder.parent)})" in readme, f"no link to {page}"
        named |= beneath
    assert named == source_names(folder) - untold


def files_named(readme: str) -> set[str]:
    """Return the names of the source files in the table below "How it works"."""
    table = rows(readme, "How it works")
    return {name for row in table for name in re.findall(r"`(\w+\.py)`", row[0])}


def source_names(folder: Path) -> set[str]:
    """Return the names of the source files in a folder and below it."""
    return {path.name for path in folder.rglob("*.py")} - {"__init__.py"}
