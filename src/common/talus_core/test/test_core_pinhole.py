# SPDX-License-Identifier: Apache-2.0
"""The pinhole: projection undoes the rays, and its field of view is the stated one."""

import math

import numpy as np
import pytest
from talus_core.pinhole import Pinhole

CAMERA = Pinhole.from_fovy(320, 240, math.radians(58.0))


def test_a_point_on_a_pixels_ray_projects_to_that_pixel():
    rays = CAMERA.rays().reshape(-1, 3)
    pixels = CAMERA.project(rays * np.linspace(0.2, 5.0, len(rays))[:, None])
    rows, columns = np.divmod(np.arange(320 * 240), 320)
    np.testing.assert_allclose(pixels, np.stack([columns, rows], axis=1), atol=1e-3)


def test_the_top_edge_is_half_the_field_of_view_above_the_axis():
    point = np.array([[0.0, -math.tan(math.radians(29.0)), 1.0]])
    assert CAMERA.project(point)[0, 1] == pytest.approx(-0.5)


def test_right_is_larger_u_and_down_is_larger_v():
    u, v = CAMERA.project(np.array([[0.1, 0.2, 1.0]]))[0]
    assert u > CAMERA.cx and v > CAMERA.cy


def test_a_step_and_an_offset_pick_the_right_rays():
    np.testing.assert_array_equal(CAMERA.rays(2, (1, 0)), CAMERA.rays()[1::2, 0::2])
