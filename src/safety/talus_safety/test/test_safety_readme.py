# SPDX-License-Identifier: Apache-2.0
"""The tables of the README and of the pages that it links are the code."""

import re

import pytest
from safety_samples import ROOT
from talus_core.words.gate_phases import GatePhase
from talus_core.words.stop_levels import StopLevel
from talus_safety.kernel.decide.rule import CLEARED_BY_RESET, CLEARED_BY_TIME
from talus_safety.kernel.decide.supervisor.supervisor import Wish

PACKAGE = ROOT / "src" / "safety" / "talus_safety"
NODES = ("supervisor", "operator_inputs", "frame_inputs")
PAGES = (PACKAGE / "README.md", *sorted((PACKAGE / "docs").glob("*.md")))
README = "".join(page.read_text() for page in PAGES)


def tables(first_column: str) -> list[list[list[str]]]:
    """Cells of each table whose header begins so, without the header."""
    found = re.findall(rf"^\| {first_column} \|.*\n\|[-|]+\|\n((?:\|.*\n)+)", README, re.MULTILINE)
    return [
        [[cell.strip() for cell in row.strip("|").split("|")] for row in rows.splitlines()]
        for rows in found
    ]


def test_ladder():
    (rows,) = tables("level")
    assert [row[0] for row in rows] == [level.name[:2] for level in StopLevel]
    assert {row[2] for row in rows[2:]} == {CLEARED_BY_RESET} and rows[1][2] == CLEARED_BY_TIME


def test_phases():
    (rows,) = tables("phase")
    assert [row[0] for row in rows] == [phase.name for phase in GatePhase]


def test_topics_and_services():
    (rows,) = tables("topic or service")
    names = {name for row in rows for name in re.findall("`([^`]+)`", row[0])}
    source = "".join((PACKAGE / "talus_safety" / f"{n}_node.py").read_text() for n in NODES)
    topics = r'"((?:gate|balance|safety|robot|battery)[_/]\w+|(?:operator|map|objects)/\w+|joy|tf)"'
    used = set(re.findall(topics, source)) | {"heartbeat", "diagnostics"}
    assert names == used | {f"safety/{wish.value}" for wish in Wish}


def test_files():
    (rows,) = tables("file")
    listed = {name for row in rows for name in re.findall(r"`(\w+\.py)`", row[0])}
    assert listed == {path.name for path in (PACKAGE / "talus_safety").rglob("*.py")} - {
        "__init__.py"
    }


def test_every_page_is_linked():
    linked = set(re.findall(r"\]\(([\w/]+\.md)", PAGES[0].read_text()))
    assert linked == {str(page.relative_to(PACKAGE)) for page in PAGES[1:]} | {"HAZARDS.md"}


@pytest.mark.parametrize("page", PAGES[:1], ids=lambda page: page.name)
def test_the_readme_fits_two_screens(page):
    prose = re.sub(r"(?m)^\|.*$", "", page.read_text())
    assert len(prose.split()) < 500 and len(page.read_text().split()) < 1150
