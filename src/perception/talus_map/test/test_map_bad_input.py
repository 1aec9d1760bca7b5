# SPDX-License-Identifier: Apache-2.0
"""Checks what becomes of images, poses and clocks that nobody should send: the map is kept."""

import numpy as np
import pytest
from map_scene import CAMERA, FLOOR, WALL, depth_of_boxes, pose_looking
from talus_core.pinhole import Pinhole
from talus_core.transform import Transform
from talus_core.vision.depth_view import DepthView
from talus_map.mapper import Mapper

EYE = pose_looking((0.0, 0.0, 1.5), pitch=0.4)
DEPTH = depth_of_boxes([FLOOR, WALL], EYE)


def view_of(depth, pose=EYE, time=0.0, camera=CAMERA):
    return DepthView(depth, camera, pose, {}, np.zeros(3), time)


def content(mapper):
    return mapper.voxels.keys.tobytes(), mapper.voxels.log_odds.tobytes()


@pytest.mark.parametrize("value", [np.nan, -np.inf, 0.0, -1.0, 1e-30])
def test_images_without_knowledge_keep_the_map(value):
    mapper = Mapper()
    mapper.integrate(view_of(DEPTH))
    before = content(mapper)
    mapper.integrate(view_of(np.full_like(DEPTH, value), time=0.1))
    assert content(mapper) == before


def test_one_noisy_point_is_no_obstacle():
    mapper = Mapper()
    for number in range(8):
        depth = np.full_like(DEPTH, np.inf)
        if number == 4:
            depth[60, 80] = 1.0
        mapper.integrate(view_of(depth, time=0.1 * number))
    assert len(mapper.voxels.occupied_voxels()) == 0


def test_an_image_of_one_pixel_works():
    camera = Pinhole(1, 1, 100.0, 100.0, 0.0, 0.0)
    mapper = Mapper()
    for _ in range(4):
        mapper.integrate(view_of(np.full((1, 1), 2.0, np.float32), camera=camera))
    assert mapper.voxels.block_count > 0


def test_a_clock_that_jumps_back_leaves_the_map_alive():
    mapper = Mapper()
    for time in (500.0, 500.1, 3.0, 3.1, 3.2):
        mapper.integrate(view_of(DEPTH, time=time))
    centres = mapper.voxels.occupied_centres()
    assert len(centres) > 1000
    assert np.isfinite(mapper.elevation.elevation).any()


def test_a_place_beyond_the_map_changes_nothing_that_is_near():
    mapper = Mapper()
    mapper.integrate(view_of(DEPTH))
    before = content(mapper)
    far = Transform(EYE.rotation, np.array([1e5, 0.0, 1.5]))
    hits = mapper.voxels.hits_of(far.apply(np.ones((10, 3), np.float32)))
    assert len(hits.voxels) == 0  # beyond 52 km
    assert content(mapper) == before


def test_an_empty_map_answers_and_is_filled_again_after_a_clear():
    mapper = Mapper()
    for _ in range(2):
        assert mapper.occupancy().cells.tolist() == [[-1]]
        assert mapper.voxels.occupied_centres().shape == (0, 3)
        for number in range(8):
            mapper.integrate(view_of(DEPTH, time=0.1 * number))
        assert len(mapper.voxels.occupied_centres()) > 1000
        mapper.clear()
