# SPDX-License-Identifier: Apache-2.0
"""The tables of the first page, and of the pages that it leads to, are the code."""

import ast
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

from talus_cli.bootstrap.cli import COMMANDS
from talus_core.graph.node_table import NODES

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


def table(section: str, page: str = README) -> list[list[str]]:
    text = page.split(f"## {section}\n")[1].split("\n## ")[0]
    lines = [line for line in text.splitlines() if line.startswith("|")][2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def names(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def test_every_command_has_its_row():
    assert [names(row[0])[0] for row in table("Commands")] == [
        f"./talus {name}" for name in COMMANDS
    ]


def test_every_node_of_the_launch_files_has_its_row():
    launched = {
        (node.get("name"), node.get("pkg"), node.get("exec"))
        for path in (ROOT / "launch").glob("*.xml")
        for node in ElementTree.parse(path).getroot().iter("node")
    }
    assert launched == {(row.name, row.package, row.executable) for row in NODES.rows}


def test_every_direct_dependency_has_its_reason():
    lines = (ROOT / "config" / "python" / "requirements.in").read_text().splitlines()
    required = {
        re.match(r"[A-Za-z0-9_-]+", line)[0] for line in lines if line and not line.startswith("#")
    }
    page = (ROOT / "docs" / "dependencies.md").read_text()
    explained = " ".join(row[0] for row in table("What it depends on, and why", page))
    missing = {
        name
        for name in required
        if not name.startswith("ros-") and name not in re.split(r"[ ,]+", explained)
    }
    assert not missing


def test_every_message_and_service_has_its_row():
    package = ROOT / "src" / "common" / "talus_interfaces"
    page = (package / "README.md").read_text()
    rows = table("Messages", page) + table("Services", page)
    named = {name for row in rows for name in names(row[0])}
    assert named == {path.name for kind in ("msg", "srv") for path in package.glob(f"{kind}/*")}


def test_the_example_node_is_valid_python_under_forty_lines():
    text = README.split("## A node of your own\n")[1].split("\n## ")[0]
    code = text.split("```python\n")[1].split("```")[0]
    assert len(code.strip().splitlines()) < 40
    ast.parse(code)
