# SPDX-License-Identifier: Apache-2.0
"""Checks that every hazard has its requirement and a test, and every rule its hazard.

No line of HAZARDS.md is an orphan.
"""

import ast
import re

import pytest
from sources import PACKAGES, ROOT
from talus_safety.kernel.decide.supervisor.rules import RULES

TEXT = (PACKAGES["talus_safety"] / "HAZARDS.md").read_text()
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in TEXT.splitlines()
    if re.match(r"\| F\d\d ", line)
]
OPEN = "open: "
FILES = [
    path
    for folder in (ROOT / "tests", *(path / "test" for path in PACKAGES.values()))
    for path in folder.glob("test_*.py")
]
TESTS = {
    f"{path.name}::{node.name}"
    for path in FILES
    for node in ast.walk(ast.parse(path.read_text()))
    if isinstance(node, ast.FunctionDef)
}


def quoted(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def test_all_faults_have_one_row_each():
    assert [row[0] for row in ROWS] == [f"F{number:02}" for number in range(1, 52)]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_hazard_has_a_requirement_and_a_test_or_says_that_it_is_open(row):
    _, hazard, requirement, _, tests = row
    assert hazard and requirement
    assert quoted(tests) or tests.startswith(OPEN)
    for name in quoted(tests):
        assert name in TESTS, f"{name} does not exist"


def test_rules_and_hazards_name_each_other():
    of_hazards = {row[0]: set(quoted(row[3])) for row in ROWS}
    of_rules = {
        fault: {rule.name for rule in RULES if fault in rule.faults} for fault in of_hazards
    }
    assert of_hazards == of_rules
    assert [rule.name for rule in RULES if not rule.faults] == []
