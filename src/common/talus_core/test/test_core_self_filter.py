# SPDX-License-Identifier: Apache-2.0
"""Checks that the self filter removes the body where tf says it is, and nothing else."""

import numpy as np
import pytest
from talus_core.rotations import matrix_from_rpy
from talus_core.transform import Transform
from talus_core.vision.self_filter import SELF_MARGIN_M, RobotModelError, SelfFilter

URDF = """
<robot name="one_arm">
  <link name="trunk">
    <collision><origin xyz="0 0 0.5"/><geometry><box size="0.3 0.4 1.0"/></geometry></collision>
  </link>
  <link name="arm">
    <collision><origin xyz="0 0 -0.3"/><geometry><cylinder radius="0.05" length="0.6"/>
      </geometry></collision>
    <collision><origin xyz="0 0 -0.6"/><geometry><sphere radius="0.08"/></geometry></collision>
  </link>
  <link name="finger"><collision><geometry><capsule radius="0.01" length="0.06"/></geometry>
    </collision></link>
  <link name="shell"><collision><geometry><mesh filename="shell.stl"/></geometry></collision></link>
  <link name="frame_only"/>
</robot>
"""
LINKS = {
    "trunk": Transform.identity(),
    "arm": Transform(
        matrix_from_rpy(0.0, -np.pi / 2, 0.0), np.array([0.0, 0.3, 0.8])
    ),  # stretched forward along +x
    "finger": Transform(np.eye(3), np.array([2.0, 0.0, 0.0])),
}


@pytest.fixture(scope="module")
def body():
    return SelfFilter.from_urdf(URDF)


def kept(body, *points):
    return body.keep(np.array(points, np.float32), LINKS).tolist()


def test_links_and_unfiltered_meshes_are_named(body):
    assert body.links == ("trunk", "arm", "finger")
    assert body.ignored == ("shell",)


def test_the_stretched_arm_goes_and_the_wall_behind_it_stays(body):
    arm = [(x, 0.3 + 0.04, 0.8) for x in (0.05, 0.3, 0.6)] + [(0.67, 0.3, 0.8)]
    wall = [(1.0, y, z) for y in (0.0, 0.3) for z in (0.2, 0.8, 1.5)]
    assert not any(kept(body, *arm))
    assert all(kept(body, *wall))


def test_the_filter_follows_the_arm(body):
    lowered = LINKS | {"arm": Transform(np.eye(3), np.array([0.0, 0.3, 0.8]))}
    in_front, beside = np.array([[0.3, 0.3, 0.8], [0.0, 0.3, 0.4]], np.float32)
    assert body.keep(np.array([in_front, beside]), lowered).tolist() == [True, False]
    assert body.keep(np.array([in_front, beside]), LINKS).tolist() == [False, True]


@pytest.mark.parametrize(
    ("surface", "outwards"),
    [
        ((0.15, 0.0, 0.5), (1, 0, 0)),  # side of the box
        ((0.0, 0.0, 1.0), (0, 0, 1)),  # its top
        ((0.3, 0.35, 0.8), (0, 1, 0)),  # the arm's cylinder
        ((0.68, 0.3, 0.8), (1, 0, 0)),  # the hand's sphere
        ((2.0, 0.0, 0.04), (0, 0, 1)),  # the capsule's round end: half its length and its radius
        ((2.01, 0.0, 0.02), (1, 0, 0)),  # its side
    ],
)
def test_the_margin_is_kept_around_every_kind_of_shape(body, surface, outwards):
    surface = np.array(surface)
    outwards = np.array(outwards)
    assert kept(
        body,
        surface + (SELF_MARGIN_M - 0.002) * outwards,
        surface + (SELF_MARGIN_M + 0.002) * outwards,
    ) == [False, True]


def test_no_shapes_keep_everything():
    assert SelfFilter(()).keep(np.zeros((3, 3), np.float32), {}).all()


def test_what_is_no_xml_is_refused():
    with pytest.raises(RobotModelError, match="no XML"):
        SelfFilter.from_urdf("not a robot")
