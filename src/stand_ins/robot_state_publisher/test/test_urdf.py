# SPDX-License-Identifier: Apache-2.0
"""Checks what the URDF reader takes, and what it refuses with a reason."""

import math

import numpy as np
import pytest
from robot_state_publisher.urdf import UrdfError, parse_joints, quat_xyzw_from_rpy

LINKS = '<link name="a"/><link name="b"/><link name="c"/>'


def robot(*joints: str) -> str:
    return f'<robot name="r">{LINKS}{"".join(joints)}</robot>'


def joint(name: str, kind: str, parent: str, child: str, inner: str = "") -> str:
    links = f'<parent link="{parent}"/><child link="{child}"/>'
    return f'<joint name="{name}" type="{kind}">{links}{inner}</joint>'


def test_joint_is_read_with_defaults():
    (read,) = parse_joints(robot(joint("j", "revolute", "a", "b")))
    assert (read.parent, read.child, read.axis) == ("a", "b", (1.0, 0.0, 0.0))
    assert read.position == (0.0, 0.0, 0.0)
    assert read.quat_xyzw == (0.0, 0.0, 0.0, 1.0)
    assert read.mimic is None


def test_axis_becomes_a_unit_vector():
    (read,) = parse_joints(robot(joint("j", "revolute", "a", "b", '<axis xyz="0 3 4"/>')))
    np.testing.assert_allclose(read.axis, (0.0, 0.6, 0.8))


def test_mimic_is_read():
    mimic = '<mimic joint="j" multiplier="-2" offset="0.5"/>'
    _, read = parse_joints(
        robot(joint("j", "revolute", "a", "b"), joint("k", "prismatic", "b", "c", mimic))
    )
    assert (read.mimic.joint, read.mimic.multiplier, read.mimic.offset) == ("j", -2.0, 0.5)


@pytest.mark.parametrize(
    ("rpy", "axis", "angle"),
    [((0.3, 0, 0), (1, 0, 0), 0.3), ((0, -1.2, 0), (0, 1, 0), -1.2), ((0, 0, 3.0), (0, 0, 1), 3.0)],
)
def test_one_angle_turns_about_its_axis(rpy, axis, angle):
    expected = [*(math.sin(angle / 2) * value for value in axis), math.cos(angle / 2)]
    np.testing.assert_allclose(quat_xyzw_from_rpy(*rpy), expected, atol=1e-15)


def test_roll_comes_before_pitch_and_yaw():
    """A roll of 90 degrees brings y to z; the yaw of 90 degrees that follows leaves z alone."""
    x, y, z, w = quat_xyzw_from_rpy(math.pi / 2, 0.0, math.pi / 2)
    y_axis = (2 * (x * y - z * w), 1 - 2 * (x * x + z * z), 2 * (y * z + x * w))
    np.testing.assert_allclose(y_axis, (0.0, 0.0, 1.0), atol=1e-12)


@pytest.mark.parametrize(
    ("urdf", "reason"),
    [
        ("", "not valid XML"),
        ("<sdf/>", "not <robot>"),
        (robot(joint("j", "fixed", "a", "nowhere")), "'nowhere'"),
        (robot(joint("j", "fixed", "a", "c"), joint("k", "fixed", "b", "c")), "child of two"),
        (robot(joint("j", "revolute", "a", "b", '<axis xyz="0 0 0"/>')), "zero axis"),
        (robot(joint("j", "revolute", "a", "b", '<axis xyz="1 0"/>')), "not three numbers"),
        (robot(joint("j", "revolute", "a", "b", '<origin xyz="a b c"/>')), "not a URDF"),
        (robot('<joint name="j" type="fixed"><parent link="a"/></joint>'), "not a URDF"),
        (robot(joint("j", "revolute", "a", "b", '<mimic joint="x"/>')), "mimics 'x'"),
    ],
)
def test_unusable_urdf_is_refused_with_its_reason(urdf, reason):
    with pytest.raises(UrdfError, match=reason):
        parse_joints(urdf)
