# SPDX-License-Identifier: Apache-2.0
"""Checks a URDF's looks: shapes, colours, the tree's kinematics against closed forms."""

from pathlib import Path

import numpy as np
import pytest
from talus_view.drawing.shapes import MeshFileError
from talus_view.drawing.urdf_visuals import DEFAULT_COLOUR, UrdfVisualsError, parse_urdf

ARM = """<robot name="arm">
  <material name="white"><color rgba="1 1 1 1"/></material>
  <link name="base"><visual><geometry><box size="0.2 0.2 0.1"/></geometry>
    <material name="white"/></visual></link>
  <joint name="shoulder" type="revolute"><parent link="base"/><child link="upper"/>
    <origin xyz="0 0 0.5" rpy="0 0 1.5707963267948966"/><axis xyz="0 2 0"/></joint>
  <link name="upper">
    <visual><origin xyz="0 0 -0.2"/><geometry><cylinder radius="0.05" length="0.4"/></geometry>
      <material name="mine"><color rgba="1 0 0.5 1"/></material></visual>
    <visual><geometry><sphere radius="0.1"/></geometry></visual></link>
  <joint name="elbow" type="revolute"><parent link="upper"/><child link="lower"/>
    <origin xyz="0 0 -0.4"/><axis xyz="0 1 0"/>
      <mimic joint="shoulder" multiplier="-2" offset="0.1"/></joint>
  <link name="lower"/>
  <joint name="slide" type="prismatic"><parent link="lower"/><child link="finger"/>
    <axis xyz="0 0 1"/></joint>
  <link name="finger"/>
  <joint name="eye" type="fixed"><parent link="finger"/>
    <child link="front_camera_optical_frame"/></joint>
  <link name="front_camera_optical_frame"/>
</robot>"""


@pytest.fixture
def arm():
    return parse_urdf(ARM, Path)


def rotation(axis: int, angle: float) -> np.ndarray:
    c = np.cos(angle)
    s = np.sin(angle)
    i = (axis + 1) % 3
    j = (axis + 2) % 3
    matrix = np.eye(3)
    matrix[i, i] = c
    matrix[i, j] = -s
    matrix[j, i] = s
    matrix[j, j] = c
    return matrix


def test_colours_named_own_and_default(arm):
    found = {(skin.link, skin.colour) for skin in arm.skins}
    assert found == {("base", (255, 255, 255)), ("upper", (255, 0, 128)), ("upper", DEFAULT_COLOUR)}


def test_cameras_are_the_optical_frames(arm):
    assert arm.cameras == ("front",)


def test_link_poses_equal_the_closed_form(arm):
    q = 0.7
    slide = 0.03
    poses = arm.tree.link_poses(arm.tree.values({"shoulder": q, "slide": slide}))
    upper = rotation(2, np.pi / 2) @ rotation(1, q)
    lower = upper @ rotation(1, -2 * q + 0.1)
    elbow = np.array([0, 0, 0.5]) + upper @ [0, 0, -0.4]
    np.testing.assert_allclose(poses["upper"][0], upper, atol=1e-12)
    np.testing.assert_allclose(poses["lower"][0], lower, atol=1e-12)
    np.testing.assert_allclose(poses["finger"][1], elbow + lower @ [0, 0, slide], atol=1e-12)


def test_child_quats_have_unit_length(arm):
    quats = arm.tree.child_quats(arm.tree.values({"shoulder": 1.1, "slide": 0.2}))
    np.testing.assert_allclose(np.linalg.norm(quats, axis=1), 1.0, atol=1e-12)


def test_lowest_point(arm):
    assert arm.lowest(arm.tree.values({})) == pytest.approx(-0.05)  # the base's underside
    # Raised by a right angle, the upper arm is far above; shoulder height .5, sphere .1: the base
    # stays the lowest.
    assert arm.lowest(arm.tree.values({"shoulder": np.pi})) == pytest.approx(-0.05)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<robot", "not XML"),
        ("<robot><link name='a'/><link name='b'/></robot>", "2 root links"),
        ("<robot><link name='a'><visual/></link></robot>", "no geometry"),
        (
            "<robot><link name='a'><visual><geometry><cone/></geometry></visual></link></robot>",
            "cone.*known: box",
        ),
    ],
)
def test_unusable_urdf_says_why(text, message):
    with pytest.raises(UrdfVisualsError, match=message):
        parse_urdf(text, Path)


def test_missing_mesh_names_the_file(tmp_path):
    text = (
        "<robot><link name='a'><visual><geometry><mesh filename='no.stl'/>"
        "</geometry></visual></link></robot>"
    )
    with pytest.raises(MeshFileError, match=r"no\.stl"):
        parse_urdf(text, lambda uri: tmp_path / uri)


def test_mesh_file_is_scaled_and_loaded_once(tmp_path):
    (tmp_path / "t.obj").write_text(
        "v 0 0 0\nv 1 0 0\nv 0 1 0\nv 0 0 1\nf 1 3 2\nf 1 2 4\nf 2 3 4\nf 1 4 3\n"
    )
    mesh = "<visual><geometry><mesh filename='t.obj' scale='2 2 3'/></geometry></visual>"
    asked = []

    def resolve(uri: str) -> Path:
        asked.append(uri)
        return tmp_path / uri

    robot = parse_urdf(f"<robot><link name='a'>{mesh}{mesh}</link></robot>", resolve)
    assert asked == ["t.obj"]
    np.testing.assert_allclose(robot.skins[0].mesh.vertices.max(axis=0), [2, 2, 3])
