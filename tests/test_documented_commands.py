# SPDX-License-Identifier: Apache-2.0
"""Every command that a page shows is one that works: its program, options, files and drivers exist.

Here each command is read as its program reads it, for both bodies where it starts the robot; one
start of the mock body is played to its end (that of MuJoCo is in test_run_command.py). What cannot
run in a test is listed with the reason; tests/play_commands.py plays the others to their ends.
"""

from __future__ import annotations

import ast
import os
import re
import shlex
from dataclasses import replace
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest
from documented_commands import (
    DRIVERS,
    NOT_PLAYED,
    PAGES,
    ROOT,
    STARTS,
    commands,
    of_kind,
    played,
    starts,
)
from talus_cli.bootstrap.cli import COMMANDS
from talus_cli.run import cli as run_tool
from talus_cli.run.options import parse_options
from talus_lab.bench.__main__ import BENCHES
from talus_lab.golden.stories import STORIES
from talus_launch.cli import split_words
from talus_launch.reading.resolve import resolve

SHOWN = commands()


def test_pages_show_commands():
    assert {"./talus run", "./talus test", "./talus doctor"} <= set(SHOWN)
    assert len(SHOWN) > 40


def test_every_command_has_a_kind():
    """A new command is tried, or its reason not to be is written down."""
    assert [command for command in SHOWN if of_kind(command) is None] == []


def test_every_reason_is_of_a_command_that_is_shown():
    assert [start for start in NOT_PLAYED if not any(c.startswith(start) for c in SHOWN)] == []


@pytest.mark.parametrize("command", [c for c in SHOWN if c.startswith("./talus ")])
def test_talus_has_the_command(command):
    assert shlex.split(command)[1] in COMMANDS


@pytest.mark.parametrize("command", [c for c in SHOWN if "python -m " in c])
def test_module_is_there(command):
    words = shlex.split(command)
    module = words[words.index("-m") + 1]
    spec = find_spec(module)
    assert spec is not None
    assert not spec.submodule_search_locations or find_spec(f"{module}.__main__") is not None


@pytest.mark.parametrize("command", [c for c in SHOWN if c.startswith("./talus test ")])
def test_paths_of_tests_are_there(command):
    paths = [word for word in shlex.split(command)[2:] if word.startswith(("src", "tests"))]
    assert [path for path in paths if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("driver", DRIVERS)
@pytest.mark.parametrize("command", starts())
def test_start_is_understood_with_every_body(command, driver, tmp_path, monkeypatch):
    """Options, files and arguments of launch files, as the programs themselves read them."""
    monkeypatch.chdir(ROOT)
    words = STARTS[of_kind(command)].words(command, driver, tmp_path)
    if words[0] == "run":
        anywhere = replace(run_tool.available(), needs={})  # Gazebo need not be here
        assert parse_options(words[1:], anywhere).driver == driver
        return
    file, arguments = split_words(words[1:])
    plan = resolve(file, arguments, os.environ)
    assert "driver" in {process.name for process in plan.processes}


def test_benchmarks_and_stories_are_there():
    for command in SHOWN:
        words = shlex.split(command)
        if words[:2] == ["./talus", "bench"] and words[2:3] and words[2][0] != "-":
            assert words[2] in BENCHES
        if "talus_lab.golden" in words:
            named = [
                word for word in words[words.index("talus_lab.golden") + 3 :] if word[0] != "["
            ]
            assert set(named) <= set(STORIES), command


def test_scripts_of_pages_are_python_and_import_what_there_is():
    scripts = [
        (page.name, block)
        for page in PAGES
        for block in re.findall(r"```python\n(.*?)```", page.read_text(), re.DOTALL)
    ]
    assert len(scripts) > 8
    for page, script in scripts:
        for node in ast.walk(ast.parse(script)):
            module = node.module if isinstance(node, ast.ImportFrom) else None
            if module is not None and module.startswith("talus_") and find_spec(module):
                there = vars(import_module(module))
                found = [
                    a.name for a in node.names if a.name in there or _is_module(module, a.name)
                ]
                assert found == [a.name for a in node.names], page
            elif module is not None and module.startswith("talus_"):
                raise AssertionError(f"{page}: no module {module}")


def _is_module(package: str, name: str) -> bool:
    return find_spec(f"{package}.{name}") is not None


def test_mock_body_stands_and_stops(tmp_path: Path, ros_domain: int):
    done = played("./talus run", "mock", tmp_path)
    assert done.returncode == 0, done.stdout[-2000:]
    assert "sat down, torque off" in done.stdout
