# SPDX-License-Identifier: Apache-2.0
"""Checks frames of joints against the textbook.

transform4 = origin times rotation about (or slide along) the axis.
"""

import numpy as np
import pytest
from robot_state_publisher.kinematics import JointFrames, sort_by_name
from robot_state_publisher.urdf import FrameJoint, Mimic, quat_xyzw_from_rpy


def joint(
    name="j", kind="revolute", rpy=(0.4, -0.7, 1.1), axis=(0.6, 0.0, 0.8), mimic=None
) -> FrameJoint:
    return FrameJoint(
        name,
        kind,
        "parent",
        f"{name}_child",
        (0.1, -0.2, 0.3),
        quat_xyzw_from_rpy(*rpy),
        axis,
        mimic,
    )


def matrix(quat_xyzw: np.ndarray) -> np.ndarray:
    x, y, z, w = quat_xyzw
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )


def rodrigues(axis: np.ndarray, angle: float) -> np.ndarray:
    k = np.cross(axis, np.eye(3)).T
    return np.eye(3) + np.sin(angle) * k + (1 - np.cos(angle)) * k @ k


@pytest.mark.parametrize("angle", [-3.0, -0.5, 0.0, 1e-9, 2.2])
def test_turning_joint_turns_about_its_axis_after_its_origin(angle):
    turning = joint()
    positions, quats = JointFrames([turning]).poses(np.array([angle]))
    np.testing.assert_allclose(positions[0], turning.position)
    expected = matrix(turning.quat_xyzw) @ rodrigues(np.array(turning.axis), angle)
    np.testing.assert_allclose(matrix(quats[0]), expected, atol=1e-12)


def test_sliding_joint_slides_along_its_axis_in_its_origin():
    sliding = joint(kind="prismatic")
    positions, quats = JointFrames([sliding]).poses(np.array([0.25]))
    expected = np.array(sliding.position) + 0.25 * matrix(sliding.quat_xyzw) @ sliding.axis
    np.testing.assert_allclose(positions[0], expected, atol=1e-12)
    np.testing.assert_allclose(quats[0], sliding.quat_xyzw)


def test_joints_of_both_kinds_do_not_mix():
    joints = [joint("a"), joint("b", kind="prismatic"), joint("c", kind="continuous")]
    together = JointFrames(joints).poses(np.array([0.1, 0.2, 0.3]))
    for index, angle in enumerate((0.1, 0.2, 0.3)):
        alone = JointFrames([joints[index]]).poses(np.array([angle]))
        for a, b in zip(together, alone, strict=True):
            np.testing.assert_allclose(a[index], b[0])


def test_positions_are_sorted_by_name_and_strangers_ignored():
    sorting = sort_by_name([joint("a"), joint("b"), joint("missing")], ["b", "stranger", "a"])
    assert [j.name for j in sorting.joints] == ["a", "b"]
    np.testing.assert_allclose(sorting(np.array([1.0, 2.0, 3.0])), [3.0, 1.0])


def test_mimicking_joint_follows_the_other():
    follower = joint("f", mimic=Mimic("a", multiplier=-0.5, offset=0.1))
    sorting = sort_by_name([joint("a"), follower], ["a"])
    np.testing.assert_allclose(sorting(np.array([0.6])), [0.6, -0.2])


def test_fixed_joints_have_no_place_in_the_stream():
    assert sort_by_name([joint("x", kind="fixed")], ["x"]).joints == ()
