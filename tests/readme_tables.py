# SPDX-License-Identifier: Apache-2.0
"""The tables of a README as data, for the tests that hold them against the code."""

from __future__ import annotations

import re
from pathlib import Path

from talus_core.parameters import flat_parameters


def rows(readme: str, section: str) -> list[list[str]]:
    """Cells of every row below `## section` whose first cell begins with code."""
    text = readme.split(f"## {section}\n")[1].split("\n## ")[0]
    lines = [line for line in text.splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def assert_parameters(readme: str, config_type: type) -> None:
    """The table below "Parameters" is a configuration: names, defaults and bounds; without bounds,
    free text.
    """
    expected = {}
    for name, (default, info) in flat_parameters(config_type).items():
        shown = ", ".join(map(str, default)) if isinstance(default, tuple) else str(default)
        expected[f"`{name}`"] = (shown, None if info.low is None else f"{info.low} to {info.high}")
    table = {name: (default, bounds) for name, default, bounds in rows(readme, "Parameters")}
    assert table.keys() == expected.keys()
    for name, (default, bounds) in expected.items():
        assert table[name] == (default, bounds or table[name][1]), name


def assert_files(readme: str, folder: Path, untold: set[str] = frozenset()) -> None:
    """The table below "How it works" names every source file of a package but the `untold`."""
    named = {
        name for row in rows(readme, "How it works") for name in re.findall(r"`(\w+\.py)`", row[0])
    }
    assert named == {path.name for path in folder.rglob("*.py")} - {"__init__.py"} - untold
