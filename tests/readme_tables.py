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
    """Assert that the table below "How it works" names each source file except the `untold`."""
    named = {
        name for row in rows(readme, "How it works") for name in re.findall(r"`(\w+\.py)`", row[0])
    }
    assert named == {path.name for path in folder.rglob("*.py")} - {"__init__.py"} - untold
