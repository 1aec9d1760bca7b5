# SPDX-License-Identifier: Apache-2.0
"""Checks `./talus robot check`: exit codes, and the trial that a shipped robot passes."""

import dataclasses
import shutil
from pathlib import Path

from talus_core.robot import load_robot
from talus_description.checking.finding import Weight
from talus_lab.rig.checkout import TALUS40_FOLDER
from talus_lab.robot.__main__ import main
from talus_lab.robot.rest_trial import try_rest


def test_what_is_no_robot_is_one_line_and_code_2(tmp_path, capsys):
    (tmp_path / "robot.yaml").write_text("name: [")
    for folder in (tmp_path / "ghost", tmp_path, Path(__file__)):
        assert main(["check", str(folder)]) == 2
        said = capsys.readouterr()
        assert said.out == "" and len(said.err.splitlines()) == 1
        assert said.err.startswith(f"robot: {folder}")
    assert main(["chekc", str(tmp_path)]) == 2
    assert "usage: ./talus robot check FOLDER" in capsys.readouterr().err


def test_files_that_a_run_cannot_use_are_code_1_without_a_trial(tmp_path, capsys):
    folder = Path(shutil.copytree(TALUS40_FOLDER, tmp_path / "guest"))
    text = (folder / "robot.yaml").read_text()
    (folder / "robot.yaml").write_text(text.replace("mjcf: talus40.xml", "mjcf: ghost.xml"))
    assert main(["check", str(folder)]) == 1
    said = capsys.readouterr().out
    assert "fails  mjcf:" in said and "trial: left out" in said
    assert said.splitlines()[-1].startswith("talus40: a run would fail; 1 faults")


def test_talus40_passes_its_own_check(capsys):
    assert main(["check", str(TALUS40_FOLDER)]) == 0
    said = capsys.readouterr().out
    for words in (
        "limp: 3 s without torque, nothing moved",
        "stood up: in",
        "controller dead: seated after",
        "torque off",
        "at rest: 3 s later nothing has moved",
        "talus40: ready to run; 0 faults",
    ):
        assert words in said, words


def test_a_robot_that_cannot_be_cut_is_propped_and_then_held_seated():
    robot = dataclasses.replace(load_robot(TALUS40_FOLDER), keeps_torque=True)
    found = {finding.subject: finding for finding in try_rest(robot)}
    assert all(finding.weight is Weight.GOOD for finding in found.values())
    assert "propped" in found["limp"].text
    assert "held seated by its drives" in found["controller dead"].text


def test_a_pose_that_does_not_rest_is_a_fault_with_a_remedy():
    robot = load_robot(TALUS40_FOLDER)
    robot = dataclasses.replace(robot, poses={**robot.poses, "sit": robot.poses["stand"]})
    (finding,) = try_rest(robot)
    assert finding.subject == "limp" and finding.weight is Weight.FAULT
    assert "it falls at once" in finding.text and "keep_torque" in finding.remedy
