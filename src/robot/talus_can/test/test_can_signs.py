# SPDX-License-Identifier: Apache-2.0
"""What the feet show of a small torque says whose joint it is, its sense and its scale."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from talus_can.signs.judge import judge_shares, share_at_foot
from talus_can.signs.leg_lines import LegLine, leg_lines, weight_n
from talus_core.robot import load_robot

ROBOT = load_robot(Path(__file__).parents[4] / "urdf" / "talus40")
NAMES = [f"joint '{name}'" for name in ROBOT.joint_names]
LEGS = leg_lines(ROBOT, ROBOT.poses["stand"])
SOUND = {line.joint: 0.6 for leg in LEGS for line in leg}


def line_of(joint: str) -> LegLine:
    place = ROBOT.joint_names.index(joint)
    return next(line for leg in LEGS for line in leg if line.joint == place)


def told(**shares: float) -> list[str]:
    changed = {ROBOT.joint_names.index(joint): share for joint, share in shares.items()}
    return judge_shares(LEGS, SOUND | changed, NAMES)


def test_each_leg_has_its_joints_from_sole_to_base():
    for leg, group in zip(LEGS, ("left_leg", "right_leg"), strict=True):
        assert [ROBOT.joint_names[line.joint] for line in leg] == list(ROBOT.groups[group])[::-1]
    assert {line.foot for line in LEGS[1]} == {1}


def test_lines_are_where_the_joints_turn():
    knee = line_of("l_knee")
    assert knee.axis == pytest.approx([0.0, 1.0, 0.0], abs=1e-9)
    assert 0.3 < knee.point[2] < 0.6
    assert line_of("l_ankle_pitch").point[2] < 0.15
    assert line_of("l_hip_yaw").axis == pytest.approx([0.0, 0.0, 1.0], abs=0.05)


def test_a_line_does_not_move_when_its_own_joint_does():
    place = ROBOT.joint_names.index("l_ankle_roll")
    position = ROBOT.poses["stand"].copy()
    position[place] += 0.2
    moved = leg_lines(ROBOT, position)[0][0]
    assert moved.axis == pytest.approx(line_of("l_ankle_roll").axis)
    assert moved.point == pytest.approx(line_of("l_ankle_roll").point)


def test_weight_is_that_of_all_links():
    assert weight_n(ROBOT) == pytest.approx(57.0 * 9.80665, rel=1e-3)


@pytest.mark.parametrize("joint", ["l_knee", "r_hip_roll", "l_ankle_pitch"])
def test_a_foot_that_the_ground_holds_shows_the_whole_torque(joint):
    line = line_of(joint)
    torque = 7.0
    force = np.array([3.0, -2.0, 11.0])
    # The ground takes the torque about the line; a force through it has none there.
    change = np.concatenate((force, np.cross(line.point, force) - torque * line.axis))
    assert share_at_foot(line, change, torque) == pytest.approx(1.0)
    assert share_at_foot(line, change, -torque) == pytest.approx(-1.0)


def test_sound_legs_are_believed():
    assert told() == []
    assert told(l_knee=0.26, r_knee=0.3) == []


@pytest.mark.parametrize(
    "share, said",
    [(-0.5, "its sign or its leg"), (0.1, "its id"), (-0.1, "its id"), (1.7, "scaled")],
)
def test_a_joint_that_is_wired_otherwise_is_named_with_the_reason(share, said):
    (line,) = told(l_knee=share)
    assert line.startswith("joint 'l_knee'") and said in line and f"{share:.2f}" in line


def test_a_joint_that_pushes_otherwise_than_its_like_is_named_with_it():
    (line,) = told(l_hip_roll=0.9, r_hip_roll=0.45)
    assert "joint 'l_hip_roll'" in line and "joint 'r_hip_roll'" in line and "2 times" in line
    assert told(l_hip_roll=0.6, r_hip_roll=0.45) == []


def test_what_is_no_number_is_refused():
    assert len(told(l_knee=float("nan"))) == 1
