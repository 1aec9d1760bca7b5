# SPDX-License-Identifier: Apache-2.0
"""Finds the commands that pages show, says of what kind each is, and plays those that can be."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGES = sorted(
    page
    for pattern in ("README.md", "CONTRIBUTING.md", "docs/**/*.md", "docker/*.md", "src/**/*.md")
    for page in ROOT.glob(pattern)
)
DRIVERS = ("mock", "mujoco", "can")
PROGRAMS = ("./talus", "python -m", "ros2", "docker")
PATIENCE_S = 300.0  # wall: of a start on a busy machine
SHORT = "--headless --no-perception --fast --seconds 0.2"  # stands up, sits down
_INLINE = re.compile(r"`((?:\./talus|python -m|ros2) [^`]+)`")
_OPTIONS = re.compile(r"`(--[^`]+)`")  # of the command that the line names first

# Commands by how they begin, with the reason why no test plays them to their end.
NOT_PLAYED = {
    "./talus test": "is the test suite; the paths are looked up",
    "./talus build": "is what every other command does first; a test would build in the checkout",
    "./talus docs": "test_generated_docs.py plays it",
    "./talus doctor": "what it says is the machine's; test_bootstrap_doctor.py plays its parts",
    "./talus bench": "takes hours; test_bench_*.py play a part of each",
    "./talus operator": "is held by a person; test_operator_inputs.py plays it",
    "./talus exec -- pre-commit": "writes into .git",
    "./talus exec -- ros2": "needs an installed ROS 2",
    "./talus exec -- python -m pip": "downloads the peers of a benchmark, or PyTorch; CI does",
    "./talus exec -- python -m talus_perception": "trains for days; test_perception_training.py",
    "./talus exec -- python -m talus_lab.training": "trains for hours",
    "./talus exec -- python -m talus_lab.golden record": "overwrites golden_runs.json",
    "./talus exec -- python -m talus_lab.golden check": "test_golden_runs.py plays the stories",
    "./talus exec -- python -m talus_safety.bundle": "writes config/safety.sha256",
    "./talus exec -- python -m talus_description": "writes a robot's files; its tests play it",
    "./talus exec -- python -m talus_recorder": "needs a recording; test_recorder_*.py play it",
    "./talus exec -- python -m talus_ros": "test_transport_profile.py plays it",
    "./talus exec -- python -c": "shows the drivers; test_driver_registry.py",
    "./talus exec -- python ": "is a script of the reader; the code is on the page",
    "./talus exec": "is a command of the reader",
    "python -m": "is ./talus exec -- python -m, shorter",
    "ros2": "needs an installed ROS 2",
    "docker": "needs a container runtime",
    "./talus scenario knee.yaml": "is written by the reader, from the page",
    "./talus scenario kill_planner.yaml": "is written by the reader; test_add_a_node.py plays it",
    "./talus scenario FILE": "stands for any scenario; test_everything_shipped.py plays all",
    "./talus scenario": "names no file",
    "./talus launch planner.launch.xml": "is written by the reader; test_add_a_node.py plays it",
    "./talus launch sim.launch.xml --show-args": "test_bringup_readme.py holds the arguments",
    "./talus launch sim.launch.xml eyes:=": "needs a model; test_perception_node.py runs one",
    "./talus launch FILE": "stands for any launch file",
    "./talus robot": "checks a robot of the reader; test_robot_check.py plays it with talus40",
    "./talus run --robot": "names a robot of the reader",
    "./talus run --world FILE": "names a world of the reader; shipped ones: test_run_bad_input.py",
}


@dataclass(frozen=True)
class Start:
    """Describes how commands of a kind that starts the robot are made short.

    Attributes:
        added: What is put behind the command.
        body: How the body is named, with `DRIVER` in the place of the name.
    """

    added: str
    body: str

    def words(self, command: str, driver: str, folder: Path) -> list[str]:
        """Return the words behind `./talus`; what the reader must write lies in `folder`."""
        text = f"{command} {self.body.replace('DRIVER', driver)} {self.added}"
        text = text.replace("out.json", str(folder / "out.json"))
        text = text.replace("--operator-key FILE", "")  # a person would have to hold it
        text = text.replace("--policy FILE", "--policy policies/talus40_stand.yaml")
        text = re.sub(r"driver:=\$PWD/\S+ (?=.*driver:=)", "", text)
        return shlex.split(text)[1:]


STARTS = {
    "./talus run": Start(SHORT, "--driver DRIVER"),
    "./talus launch robot.launch.xml": Start("", "driver:=DRIVER"),
    "./talus launch": Start("sim.launch.xml", "driver:=DRIVER"),
}


def commands() -> list[str]:
    """Return all commands of all pages, each once: lines of code blocks, and code in the text."""
    found: dict[str, None] = {}
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for line in text.splitlines():
            inline = _INLINE.findall(line)
            options = [f"{inline[0]} {more}" for more in _OPTIONS.findall(line)] if inline else []
            for command in (line.strip(), *inline, *options):
                if command.startswith(PROGRAMS):
                    found[_plain(command)] = None
    return list(found)


def of_kind(command: str) -> str | None:
    """Return the longest beginning that is known of a command; None where none is."""
    known = [start for start in (*NOT_PLAYED, *STARTS) if command.startswith(start)]
    return max(known, key=len, default=None)


def played(command: str, driver: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Play a command that starts the robot to its end, short, in a process of its own."""
    words = STARTS[of_kind(command) or ""].words(command, driver, folder)
    module = "talus_cli.run" if words[0] == "run" else "talus_launch"
    return subprocess.run(
        [sys.executable, "-m", module, *words[1:]],
        cwd=ROOT,
        env={**os.environ, "TALUS_LOG_DIR": str(folder)},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )


def starts() -> list[str]:
    """Return the commands that start the robot and can be played to their end."""
    return [command for command in commands() if of_kind(command) in STARTS]


def _plain(command: str) -> str:
    """Return a command without the remark behind it, and without words that stand for others."""
    return re.sub(r"\s+", " ", re.sub(r"\s+#.*$", "", command)).replace("[STORY ...]", "").strip()
