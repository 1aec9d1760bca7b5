# SPDX-License-Identifier: Apache-2.0
"""The tables of a README as data, for the tests that hold them against the code."""

from __future__ import annotations


def rows(readme: str, section: str) -> list[list[str]]:
    """Cells of every row below `## section` whose first cell begins with code."""
    text = readme.split(f"## {section}\n")[1].split("\n## ")[0]
    lines = [line for line in text.splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
