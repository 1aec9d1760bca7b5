# SPDX-License-Identifier: Apache-2.0
"""Checks that hip, knee and ankle are found by how they move, whatever they are called."""

import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
from talus_core.body.leg_roles import JointAxis, LegRoles, LegRolesError, find_leg_roles

YAW, ROLL, PITCH = "0 0 1", "1 0 0", "0 1 0"
# axis, and where the joint lies in the link before it, m
SIX = [
    (YAW, "0 0.09 0"),
    (ROLL, "0 0 -0.03"),
    (PITCH, "0 0 0"),
    (PITCH, "0 0 -0.4"),
    (PITCH, "0 0 -0.4"),
    (ROLL, "0 0 0"),
]
FIVE = SIX[:5]  # no ankle roll
OBLIQUE = [(PITCH, "0 0.09 0"), ("0.6 0 0.8", "0 0 0"), (YAW, "0 0 -0.1"), *SIX[3:]]


def urdf(joints: list[tuple[str, str]]) -> tuple[ElementTree.Element, list[str]]:
    names = [f"motor{number}" for number in range(len(joints))]
    text = "".join(
        f'<joint name="{name}" type="revolute"><parent link="part{number}"/>'
        f'<child link="part{number + 1}"/><origin xyz="{place}"/><axis xyz="{axis}"/></joint>'
        for number, (name, (axis, place)) in enumerate(zip(names, joints, strict=True))
    )
    return ElementTree.fromstring(f"<robot>{text}</robot>"), names


def roles(joints: list[tuple[str, str]], standing: tuple[float, ...] = ()) -> LegRoles:
    tree, names = urdf(joints)
    pose = np.array(standing) if standing else np.zeros(len(names))
    return find_leg_roles(tree, "part0", names, names, pose)


@pytest.mark.parametrize("joints", [SIX, FIVE, OBLIQUE], ids=["six", "five", "oblique"])
def test_the_knee_is_the_joint_that_shortens_the_leg(joints):
    found = roles(joints)
    assert (found.hip, found.knee) == ((0, 1, 2), 3)
    assert found.ankle == tuple(range(4, len(joints)))


def test_axes_are_those_of_the_standing_body():
    axes = [axis for _, axis in sorted(roles(SIX).axes.items())]
    assert axes == [
        *(JointAxis.YAW, JointAxis.ROLL, JointAxis.PITCH),
        *(JointAxis.PITCH, JointAxis.PITCH, JointAxis.ROLL),
    ]


@pytest.mark.parametrize(("axis", "bent"), [("0 1 0", 0.6), ("0 -1 0", -0.6)])
def test_bending_has_the_sign_of_the_knees_own_angle(axis, bent):
    joints = [*SIX[:3], (axis, SIX[3][1]), *SIX[4:]]
    found = roles(joints, (0.0, 0.0, -0.3, bent, -0.3, 0.0))
    assert found.bending == np.sign(bent)
    pose = np.array([0.0, 0.0, -0.3, bent, -0.3, 0.0])
    assert found.is_bent_farther(2.0 * pose, pose)
    assert not found.is_bent_farther(0.5 * pose, pose)


def test_fixed_links_between_joints_count():
    tree, names = urdf(SIX)
    knee = tree.find("joint[@name='motor3']")
    knee.find("parent").set("link", "bracket")
    knee.find("origin").set("xyz", "0 0 -0.3")
    fixed = ElementTree.SubElement(tree, "joint", name="bolts", type="fixed")
    ElementTree.SubElement(fixed, "parent", link="part3")
    ElementTree.SubElement(fixed, "child", link="bracket")
    ElementTree.SubElement(fixed, "origin", xyz="0 0 -0.1")
    assert find_leg_roles(tree, "part0", names, names, np.zeros(6)).knee == 3


@pytest.mark.parametrize(
    ("joints", "message"),
    [
        (SIX[:2], "a leg of 2 joints (motor0, motor1); it needs a hip, a knee and an ankle"),
        ([SIX[2], (PITCH, "0 0 -0.4"), (ROLL, "0.3 0 -0.1")][::-1], "a knee lies between"),
    ],
)
def test_a_leg_without_a_knee_is_refused(joints, message):
    with pytest.raises(LegRolesError) as refusal:
        roles(joints)
    assert message in str(refusal.value)


def test_a_leg_that_hangs_elsewhere_is_refused():
    tree, names = urdf(SIX)
    with pytest.raises(LegRolesError, match="joint 'motor0' does not hang on link 'pelvis'"):
        find_leg_roles(tree, "pelvis", names, names, np.zeros(6))
