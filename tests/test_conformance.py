# SPDX-License-Identifier: Apache-2.0
"""The kit lets the shipped drivers pass, and names what is wrong with drivers that are broken."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from pathlib import Path

import pytest
from broken_drivers import FACTS
from talus_drivers.registry import driver_names

HERE = Path(__file__).parent
TALUS40 = HERE.parent / "urdf" / "talus40"
DRIVER_FILES = HERE.parent / "config" / "drivers"


def run_kit(
    *words: str, robot: Path = TALUS40, folders: Sequence[Path] = (HERE,)
) -> subprocess.CompletedProcess:
    """Run it as an author of a driver does, with folders on the import path."""
    path = os.pathsep.join([*map(str, folders), *filter(None, [os.environ.get("PYTHONPATH")])])
    command = [sys.executable, "-m", "talus_conformance", *words, "--robot", str(robot)]
    return subprocess.run(
        command,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )


def failures(report: Path) -> dict[str, set[str]]:
    """Return the facts that failed, by driver, from a report in JUnit XML."""
    found: dict[str, set[str]] = {}
    for case in ElementTree.parse(report).iter("testcase"):
        fact, _, parameters = case.get("name", "").partition("[")
        driver = parameters.rstrip("]").split("-")[0].rpartition(":")[2]
        found.setdefault(driver, set())
        if case.find("failure") is not None or case.find("error") is not None:
            found[driver].add(fact)
    return found


def judged(drivers: Sequence[str], report: Path) -> dict[str, set[str]]:
    run_kit(*drivers, "--report", str(report))
    return failures(report)


@pytest.mark.parametrize("driver", driver_names())
def test_every_installed_driver_conforms(driver: str):
    """As its file says; `can` starts a process for each fact, so that `bench drivers` tries all."""
    only = ("--only", "verbs_facts or reset or seed or simulated") if driver == "can" else ()
    done = run_kit(str(DRIVER_FILES / f"{driver}.yaml"), *only)
    if driver == "gazebo" and "gz-sim's Python is not here" in done.stderr:
        pytest.skip(done.stderr.strip())
    assert done.returncode == 0, done.stdout


def test_gazebo_s_driver_conforms_on_a_stand_in_for_its_server():
    beside = HERE.parent / "src" / "simulation" / "talus_gazebo" / "test"
    done = run_kit("gazebo_stand_in:for_the_kit", folders=(beside,))
    assert done.returncode == 0, done.stdout


def test_a_driver_of_drives_on_buses_conforms():
    """Three families on buses in memory, 40 joints; written from the makers' documents."""
    beside = HERE.parent / "src" / "robot" / "talus_can" / "test"
    done = run_kit("scripted_robot:for_the_kit", folders=(beside,))
    assert done.returncode == 0, done.stdout


def test_each_broken_driver_is_found_by_the_facts_that_it_breaks(tmp_path: Path):
    assert len(FACTS) >= 15
    found = judged([f"broken_drivers:{name}" for name in FACTS], tmp_path / "report.xml")
    assert found == FACTS


def test_the_example_of_the_page_conforms_and_is_short(tmp_path: Path):
    """A driver out of the tree, as a reader of the page writes it: its file, and its YAML."""
    page = (HERE.parent / "docs" / "how_to" / "add_a_driver.md").read_text()
    (module,) = (
        block
        for block in re.findall(r"```python\n(.*?)```", page, re.DOTALL)
        if "class EchoDriver" in block
    )
    assert len([line for line in module.splitlines() if line.strip()]) <= 80
    (tmp_path / "echo_of_the_page.py").write_text(module)
    done = run_kit("echo_of_the_page:EchoDriver", folders=(tmp_path,))
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["mokc"], "unknown driver 'mokc'; nearest: mock"),
        (["nowhere:Driver"], "driver 'nowhere:Driver' cannot be imported"),
        (["none.yaml"], "none.yaml: No such file"),
    ],
)
def test_what_cannot_be_tried_is_one_line_and_exit_code_2(words: list[str], said: str):
    done = run_kit(*words)
    assert done.returncode == 2
    assert said in done.stderr and len(done.stderr.splitlines()) == 1


def test_a_folder_without_a_robot_is_one_line_and_exit_code_2(tmp_path: Path):
    done = run_kit("mock", robot=tmp_path)
    assert done.returncode == 2
    assert "a robot is a folder with a robot.yaml" in done.stderr
