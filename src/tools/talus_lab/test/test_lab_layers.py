# SPDX-License-Identifier: Apache-2.0
"""Checks that benchmarks stand on scenarios, both on the rig, and no import leads back up."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from talus_lab import rig

PACKAGE = rig.__name__.rpartition(".")[0]
FOLDER = Path(rig.__file__).parents[1]
# Folder of the package -> those beside it whose modules it may import.
MAY_IMPORT = {
    "rig": set(),
    "scenario": {"rig", "run"},
    "bench": {"rig", "scenario", "run", "launch"},
    "training": {"rig", "bench"},
    "golden": {"rig", "scenario", "bench"},
}


def folders_imported(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module is not None:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    return {name.split(".")[1] for name in names if name.startswith(f"{PACKAGE}.")}


@pytest.mark.parametrize("folder", sorted(MAY_IMPORT))
def test_no_import_leads_back_up(folder):
    allowed = MAY_IMPORT[folder] | {folder}
    wrong = {
        path.name: folders_imported(path) - allowed for path in (FOLDER / folder).rglob("*.py")
    }
    assert {name: names for name, names in wrong.items() if names} == {}
