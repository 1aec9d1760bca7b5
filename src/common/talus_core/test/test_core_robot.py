# SPDX-License-Identifier: Apache-2.0
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from talus_core.errors import UnknownNameError, unknown_name_message
from talus_core.robot import RobotDescriptionError, load_robot

TALUS40 = Path(__file__).parents[4] / "urdf" / "talus40"


@pytest.fixture
def copy(tmp_path):
    """A copy of the robot's two files that may be damaged."""
    for name in ("robot.yaml", "talus40.urdf"):
        shutil.copy(TALUS40 / name, tmp_path / name)
    return tmp_path


def damage(folder, old, new):
    path = folder / "robot.yaml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def refusal(folder):
    with pytest.raises(RobotDescriptionError) as caught:
        load_robot(folder)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_talus40_has_28_structural_joints_then_12_in_the_hands():
    robot = load_robot(TALUS40)
    assert len(robot.joint_names) == 40
    assert list(robot.structural_indices) == list(range(28))
    assert np.all(robot.limits.lower < robot.limits.upper)
    assert np.all(robot.limits.effort > 0.0)


def test_poses_lie_within_the_limits():
    robot = load_robot(TALUS40)
    for pose in robot.poses.values():
        assert np.all((robot.limits.lower <= pose) & (pose <= robot.limits.upper))


def test_an_unknown_joint_is_named_with_its_nearest(copy):
    damage(copy, "l_knee, l_ankle_pitch", "l_kne, l_ankle_pitch")
    message = refusal(copy)
    assert "'l_kne'" in message and "l_knee" in message


def test_an_unknown_joint_in_a_pose_is_named(copy):
    damage(copy, "    l_elbow:", "    l_elbw:")
    assert "'l_elbw'" in refusal(copy)


def test_a_missing_entry_is_named(copy):
    path = copy / "robot.yaml"
    path.write_text(re.sub(r"(?m)^frames:\n(  .*\n)*", "", path.read_text()))
    assert "'frames' is missing" in refusal(copy)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("feet:", "feeet:", "unknown entry 'feeet'; nearest: feet"),
        ("  torso: torso", "  torsoo: torso", "unknown entry of frames 'torsoo'; nearest: torso"),
        (
            "length: 0.24, width",
            "lenght: 0.24, width",
            "entry of feet: left 'lenght'; nearest: len",
        ),
        ("rest_path: {rows", "rest_path: {row", "entry of rest_path 'row'; nearest: rows"),
        (
            "holding_brake: 30,",
            "brake: 30,",
            "entry of drives: hip_yaw 'brake'; nearest: holding_b",
        ),
        ("  capacity:", "  capacitance:", "entry of battery 'capacitance'; nearest: capacity"),
        ("  self_collision:", "  selfcollision:", "'selfcollision'; nearest: self_collision"),
    ],
)
def test_an_unknown_entry_is_refused_with_the_nearest_known_one(copy, old, new, message):
    damage(copy, old, new)
    assert message in refusal(copy)


def test_yaml_that_does_not_parse_is_refused(copy):
    (copy / "robot.yaml").write_text("joints: [unclosed")
    assert "not valid YAML" in refusal(copy)


def test_a_folder_without_a_robot_is_refused(tmp_path):
    assert "robot.yaml" in refusal(tmp_path)


def test_an_unknown_group_is_named_with_the_known_ones():
    with pytest.raises(UnknownNameError, match="left_leg"):
        load_robot(TALUS40).indices("left_lag")


def test_near_names_are_listed_else_all():
    assert (
        unknown_name_message("world", "flatt", ["flat", "slope"])
        == "unknown world 'flatt'; nearest: flat"
    )
    assert (
        unknown_name_message("world", "qqq", ["slope", "flat"])
        == "unknown world 'qqq'; known: flat, slope"
    )


def test_a_joint_swings_through_its_range_unless_a_row_says_less(copy):
    robot = load_robot(copy)
    np.testing.assert_array_equal(robot.swing, (robot.limits.lower, robot.limits.upper))
    damage(copy, "\nposes:", "\nswing_ranges: {l_shoulder_roll: [-0.1, 9]}\nposes:")
    robot = load_robot(copy)
    at = robot.joint_names.index("l_shoulder_roll")
    assert robot.swing[:, at].tolist() == [-0.1, robot.limits.upper[at]]
    assert np.count_nonzero(robot.swing != (robot.limits.lower, robot.limits.upper)) == 1


@pytest.mark.parametrize("row", ["3", "[1]", "[a, b]"])
def test_a_value_of_another_kind_is_refused_with_its_entry(copy, row):
    damage(copy, "\nposes:", f"\nswing_ranges: {{l_shoulder_roll: {row}}}\nposes:")
    assert "entry 'swing_ranges' is of the wrong kind: " in refusal(copy)


@pytest.mark.parametrize("row", ["[0.3, 1]", "[0.2, 0.1]", "[-1, .nan]"])
def test_a_swing_that_leaves_out_a_pose_is_refused(copy, row):
    damage(copy, "\nposes:", f"\nswing_ranges: {{l_shoulder_roll: {row}}}\nposes:")
    message = refusal(copy)
    assert "swing_ranges of 'l_shoulder_roll'" in message and "stand and sit, 0.15" in message
