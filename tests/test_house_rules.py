# SPDX-License-Identifier: Apache-2.0
"""The house rules that a tool can check: lengths, licence lines, lint and format."""

from __future__ import annotations

import ast
import os
import subprocess
from pathlib import Path

import pytest
from sources import ROOT, tracked_python_files

# Lines that are not blank; what reads well is a third of these.
FILE_CAP, FUNCTION_CAP, NODE_CAP, LAUNCH_CAP = 400, 60, 150, 60
SPDX = "# SPDX-License-Identifier: Apache-2.0"
FILES = tracked_python_files()


def length(path: Path) -> int:
    return sum(bool(line.strip()) for line in path.read_text().splitlines())


def too_long(paths: list[Path], cap: int) -> dict[str, int]:
    return {str(path.relative_to(ROOT)): length(path) for path in paths if length(path) > cap}


def test_files_are_short():
    assert too_long(FILES, FILE_CAP) == {}


def test_nodes_are_thin():
    nodes = [
        path
        for path in FILES
        if path.name.endswith("_node.py") and not path.name.startswith("test_")
    ]
    assert too_long(nodes, NODE_CAP) == {}


def test_launch_files_are_short():
    assert too_long(sorted((ROOT / "launch").glob("*.xml")), LAUNCH_CAP) == {}


def test_functions_are_short():
    long = {}
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text())):
            if (
                isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
                and node.end_lineno - node.lineno >= FUNCTION_CAP
            ):
                long[f"{path.relative_to(ROOT)}:{node.name}"] = node.end_lineno - node.lineno + 1
    assert long == {}


def test_every_file_names_its_licence():
    assert [
        str(path.relative_to(ROOT))
        for path in FILES
        if SPDX not in path.read_text().splitlines()[:2]
    ] == []


@pytest.mark.parametrize("command", [["check"], ["format", "--check"]])
def test_ruff_has_nothing_to_say(command):
    ruff = [Path(os.environ["VIRTUAL_ENV"], "bin", "ruff"), *command, "--quiet", "--no-cache", "."]
    done = subprocess.run(ruff, cwd=ROOT, capture_output=True, text=True)
    assert done.stdout + done.stderr == ""
