# SPDX-License-Identifier: Apache-2.0
"""The README's tables are the code."""

import ast
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
import yaml
from talus_cli.bootstrap.cli import COMMANDS
from talus_core.graph.node_table import NODES

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
PAGES = [
    path
    for pattern in ("*.md", "docs/**/*.md", "src/*/*/**/*.md")
    for path in sorted(ROOT.glob(pattern))
]


def table(section: str) -> list[list[str]]:
    text = README.split(f"## {section}\n")[1].split("\n## ")[0]
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
    explained = " ".join(row[0] for row in table("What it depends on, and why"))
    missing = {
        name
        for name in required
        if not name.startswith("ros-") and name not in re.split(r"[ ,]+", explained)
    }
    assert not missing


def test_the_example_node_is_valid_python_under_forty_lines():
    text = README.split("## A node of your own\n")[1].split("\n## ")[0]
    code = "\n".join(
        line[4:] for line in text.splitlines() if line.startswith("    ") or not line.strip()
    )
    assert len(code.strip().splitlines()) < 40
    ast.parse(code)


def links(page: Path) -> list[tuple[str, Path]]:
    """Return words and target of each link of a page that leads into this checkout."""
    found = re.findall(r"\[([^\]]*)\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text())
    return [(words, page.parent / target) for words, target in found if "://" not in target]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_and_pictures_exist(page):
    assert [str(target) for _, target in links(page) if not target.exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_what_a_link_names_stands_in_its_file(page):
    named = {
        (name, target)
        for words, target in links(page)
        if target.suffix == ".py"
        for name in re.findall(r"`([A-Za-z_.]+)`", words)
        if name != target.name
    }
    assert {
        name
        for name, target in named
        if not set(name.split(".")) <= set(re.findall(r"\w+", target.read_text()))
    } == set()


def test_the_cameras_are_eight():
    robot = yaml.safe_load((ROOT / "urdf" / "talus40" / "robot.yaml").read_text())
    assert len(robot["cameras"]) == 8
    assert "eight head cameras" in README
