# SPDX-License-Identifier: Apache-2.0
"""Facts of rendered pictures of a known scene: metric depth, optical axes, intrinsics."""

import math

import mujoco
import numpy as np
import pytest
from talus_core.errors import UnknownNameError
from talus_core.pinhole import Pinhole
from talus_simulation.cameras.rendering import FAR_CLIP_M, RenderingError, SceneRenderer

FOVY = 60.0
EYE = Pinhole.from_fovy(160, 120, math.radians(FOVY))
# The camera "eye" looks along +x (MuJoCo: -z forward, +y up) from (0, 0, 1);
# "down" looks at the floor from 1.5 m.
SCENE = f"""
<mujoco>
  <asset><material name="glow" rgba="1 0 0 1" emission="1"/></asset>
  <worldbody>
    <light pos="0 0 5"/>
    <geom name="floor" type="plane" size="10 10 0.1" rgba="0.5 0.5 0.5 1"/>
    <geom type="box" pos="3.1 0 1" size="0.1 3 1" rgba="0.7 0.7 0.7 1"/>
    <body pos="1.5 0 1"><freejoint/><geom type="sphere" size="0.1" material="glow"/></body>
    <camera name="eye" pos="0 0 1" xyaxes="0 -1 0 0 0 1" fovy="{FOVY}"/>
    <camera name="down" pos="-3 0 1.5" xyaxes="0 -1 0 1 0 0" fovy="{FOVY}"/>
  </worldbody>
</mujoco>
"""
AWAY = (0, 0, -5)


@pytest.fixture(scope="module")
def renderer():
    renderer = SceneRenderer(mujoco.MjModel.from_xml_string(SCENE), EYE.width, EYE.height)
    yield renderer
    renderer.close()


def place_ball(renderer, position):
    renderer.pose(np.array([*position, 1, 0, 0, 0]))


def red_centre(colour):
    """(u, v) of the middle of what is red."""
    is_red = (colour[..., 0] > 150) & (colour[..., 1] < 120)
    rows, columns = np.nonzero(is_red)
    assert len(rows), "no red pixel"
    return columns.mean(), rows.mean()


@pytest.mark.parametrize("with_colour", [True, False])
def test_depth_of_a_wall_is_its_distance_along_the_axis_in_every_pixel(renderer, with_colour):
    place_ball(renderer, AWAY)
    depth = renderer.render("eye", EYE, with_colour)[1]
    wall = depth[30:90]  # its top is at row 25, its foot at row 94
    assert np.abs(wall - 3.0).max() < 0.003


def test_depth_of_the_floor_follows_the_rays(renderer):
    place_ball(renderer, AWAY)
    depth = renderer.render("eye", EYE)[1]
    slopes = EYE.rays()[..., 1]
    rows = slice(105, 120)
    assert np.abs(depth[rows] * slopes[rows] - 1.0).max() < 0.005  # the eye's height in m
    depth_down = renderer.render("down", EYE)[1]
    assert np.abs(depth_down - 1.5).max() < 0.002


@pytest.mark.parametrize(
    ("offset", "du", "dv"),
    [((0, 0.4, 0), -1, 0), ((0, -0.4, 0), 1, 0), ((0, 0, 0.3), 0, -1), ((0, 0, -0.3), 0, 1)],
    ids=["left", "right", "above", "below"],
)
def test_a_ball_appears_on_its_side_and_where_the_pinhole_says(renderer, offset, du, dv):
    position = np.array([1.5, 0, 1.0]) + offset
    place_ball(renderer, position)
    u, v = red_centre(renderer.render("eye", EYE)[0])
    in_camera = np.array(
        [[-position[1], 1.0 - position[2], position[0]]]
    )  # x right, y down, z forward
    expected = EYE.project(in_camera)[0]
    assert (np.sign(round(u - EYE.cx)), np.sign(round(v - EYE.cy))) == (du, dv)
    np.testing.assert_allclose((u, v), expected, atol=1.0)


def test_the_ball_hides_the_wall(renderer):
    place_ball(renderer, (1.5, 0, 1))
    depth = renderer.render("eye", EYE)[1]
    assert depth[60, 80] == pytest.approx(1.4, abs=0.01)


def test_nothing_to_see_is_at_the_far_plane(renderer):
    place_ball(renderer, AWAY)
    assert renderer.render("eye", EYE)[1][0] == pytest.approx(
        FAR_CLIP_M
    )  # the top row looks over the wall


def test_an_unknown_camera_names_those_that_exist(renderer):
    with pytest.raises(UnknownNameError, match="unknown camera 'nose'; known: down, eye"):
        renderer.render("nose", EYE)


def test_a_field_of_view_that_is_not_the_models_is_refused(renderer):
    with pytest.raises(
        RenderingError, match=r"60.00 degrees .* in the MJCF and 90.00 in robot.yaml"
    ):
        renderer.render("eye", Pinhole.from_fovy(160, 120, math.radians(90.0)))


def test_a_platform_without_opengl_says_what_to_install(monkeypatch):
    monkeypatch.setattr("ctypes.util.find_library", lambda name: None)
    monkeypatch.delenv("MUJOCO_GL", raising=False)
    with pytest.raises(RenderingError, match="install libegl1"):
        SceneRenderer(mujoco.MjModel.from_xml_string(SCENE), 32, 32)
