# SPDX-License-Identifier: Apache-2.0
"""Stages follow what is measured, a failed one is tried again, and a file that says nonsense is
refused by name.
"""

import shutil
from dataclasses import replace

import numpy as np
import pytest
from standing_robot import ROBOT, state_at_rest
from talus_balance.falling.get_up import GetUp, load_get_up
from talus_balance.falling.protective_fall import ProtectiveFall
from talus_core.motion.fall_plan import load_fall
from talus_core.robot import RobotDescriptionError

DT = 0.002
FACE_DOWN, FACE_UP, ON_FEET = (
    np.array([-1.0, 0.0, 0.0]),
    np.array([1.0, 0.0, 0.0]),
    np.array([0.0, 0.0, 1.0]),
)
PLAN = load_get_up(ROBOT)
STILL = state_at_rest()


def rising(up: np.ndarray) -> GetUp:
    get_up = GetUp(PLAN, ROBOT.limits.effort, DT)
    get_up.begin_to_rise(STILL.position, up)
    return get_up


def run(get_up: GetUp, seconds: float, up: np.ndarray) -> list[str]:
    """Names of the stages, in the order in which they were under way."""
    names = [get_up.stage.name]
    for _ in range(round(seconds / DT)):
        get_up.step_rise(STILL, up)
        if names[-1] != get_up.stage.name:
            names.append(get_up.stage.name)
    return names


def test_begins_as_the_body_lies():
    assert rising(FACE_DOWN).stage.name == "hands_to_waist"
    assert rising(FACE_UP).stage.name == "tuck"


def test_a_stage_whose_end_is_not_measured_is_not_left_forwards():
    get_up = rising(FACE_UP)
    assert run(get_up, 3.0, FACE_UP) == ["tuck", "knees_over", "tuck"]  # the body did not turn over
    assert not get_up.may_stand


def test_gives_up_after_its_tries():
    get_up = rising(FACE_UP)
    run(get_up, 4.0 * PLAN.tries, FACE_UP)
    assert get_up.has_failed


def test_a_body_that_turned_over_goes_on_from_there():
    get_up = rising(FACE_UP)
    run(get_up, 1.5, FACE_UP)
    assert "hands_to_waist" in run(get_up, 2.0, FACE_DOWN)


def test_commands_begin_where_the_body_is_and_end_in_the_pose():
    get_up = rising(FACE_DOWN)
    stage = get_up.stage
    first = get_up.step_rise(STILL, FACE_DOWN)
    np.testing.assert_allclose(first.position, STILL.position, atol=1e-4)
    for _ in range(round(stage.duration / DT) - 2):
        last = get_up.step_rise(STILL, FACE_DOWN)
    np.testing.assert_allclose(last.position, stage.joints, atol=1e-3)


def test_the_other_side_is_the_mirror_image():
    sequences = {sequence.name: sequence for sequence in PLAN.sequences}
    left, right = (sequences[name].stages[0].joints for name in ("left_side", "right_side"))
    at = ROBOT.joint_names.index
    assert right[at("l_hip_pitch")] == left[at("r_hip_pitch")] != 0.0
    assert right[at("l_hip_yaw")] == -left[at("r_hip_yaw")] != 0.0
    assert right[at("torso_yaw")] == -left[at("torso_yaw")] != 0.0
    np.testing.assert_array_equal(sequences["right_side"].up, [0.0, 1.0, 0.0])


def test_poses_are_within_the_joints_ranges():
    for sequence in PLAN.sequences:
        for stage in sequence.stages:
            assert np.all(stage.joints >= ROBOT.limits.lower) and np.all(
                stage.joints <= ROBOT.limits.upper
            )


@pytest.mark.parametrize(
    "old, new, word",
    [
        ("l_knee:", "l_kne:", "unknown joint 'l_kne'"),
        ("again_from: lean_in", "again_from: lean", "unknown stage 'lean'"),
        ("mirror_of: left_side", "mirror_of: left", "unknown sequence 'left'"),
        ("tries:", "attempts:", "'tries'"),
        ("sequences:", "sequences: [", "not valid YAML"),
    ],
)
def test_a_bad_file_is_refused_with_its_name(tmp_path, old, new, word):
    text = (ROBOT.folder / "get_up.yaml").read_text()
    (tmp_path / "get_up.yaml").write_text(text.replace(old, new))
    with pytest.raises(RobotDescriptionError, match=f"get_up.yaml: .*{word}"):
        load_get_up(replace(ROBOT, folder=tmp_path))


def test_a_robot_without_the_files_neither_gets_up_nor_protects_itself(tmp_path):
    shutil.copy(ROBOT.folder / "robot.yaml", tmp_path)
    bare = replace(ROBOT, folder=tmp_path)
    assert load_get_up(bare) is None and load_fall(bare) is None


def test_each_pose_is_for_its_own_direction():
    plan = load_fall(ROBOT)
    assert [pose.name for pose in plan.poses if "mirrored" not in pose.name] == [
        *("front", "front_side", "side", "back_side", "back")
    ]
    for pose in plan.poses:
        assert plan.towards(3.0 * pose.direction) == pytest.approx(pose.joints)


def test_a_fall_is_over_when_nothing_moves():
    fall = ProtectiveFall(load_fall(ROBOT), ROBOT.limits.effort, DT)
    fall.begin_fall(STILL.position, np.array([1.0, 0.0]))
    turning = replace(STILL, angular_velocity=np.array([0.0, 1.0, 0.0]))
    for _ in range(round(1.0 / DT)):
        fall.step_fall(turning)
    assert not fall.has_ended
    for _ in range(round(0.6 / DT)):
        fall.step_fall(STILL)
    assert fall.has_ended
