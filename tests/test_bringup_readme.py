# SPDX-License-Identifier: Apache-2.0
"""The tables of the pages on running, launching and measuring equal the code."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest
from talus_cli.run.judging.summary import RunSummary
from talus_lab.bench.balance.cases.catalogue import CASES
from talus_launch.reading import schema, scope

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "src" / "tools" / "talus_bringup"
DOCS = ("benchmarks.md", "launch.md", "run.md", "scenarios.md")
PAGES = (FOLDER / "README.md", *(ROOT / "docs" / name for name in DOCS))
README = "\n".join(page.read_text() for page in PAGES)
ALIASES = {"push-ros-namespace"}


def table(text: str, first_column: str) -> list[list[str]]:
    """Cells of the table whose header begins with a word, without the header."""
    rows = re.search(
        rf"^\| {first_column} \|.*\n\|[-|]+\|\n((?:\|.*\n)+)", text, re.MULTILINE
    ).group(1)
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows.splitlines()]


def quoted(cell: str) -> list[str]:
    """All that stands in back quotes."""
    return re.findall(r"`([^`]+)`", cell)


def test_elements_and_substitutions():
    listed = README.split("- Elements:")[1].split("- Everything else")[0]
    elements, substitutions = listed.split("- Substitutions:")
    names = set(quoted(elements)) - schema.CONDITION
    assert names == (schema.ACTIONS | {"choice", "param", "remap", "env"}) - ALIASES
    assert set(quoted(substitutions)) == {f"$({name})" for name in scope.SUBSTITUTIONS}


def test_summary():
    keys = {field.name for field in dataclasses.fields(RunSummary)}
    assert {quoted(row[0])[0] for row in table(README, "key of the summary")} == keys


def test_cases_of_the_scorecard():
    assert {name for row in table(README, "case") for name in quoted(row[0])} == CASES.keys()


def test_every_page_is_linked_from_the_readme():
    linked = re.findall(r"\]\((\.\./[^)]+)\)", PAGES[0].read_text())
    assert {(FOLDER / link).resolve() for link in linked} == set(PAGES[1:])


@pytest.mark.parametrize(
    "file", sorted((ROOT / "launch").glob("*.xml")), ids=lambda file: file.name
)
def test_launch_file_is_short(file: Path):
    assert len(file.read_text().splitlines()) <= 60
