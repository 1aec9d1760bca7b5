# SPDX-License-Identifier: Apache-2.0
"""Checks what becomes of images, poses and clocks that nobody should send: the map is kept."""

import numpy as np
import pytest
from map_scene import CAMERA, FLOOR, WALL, depth_of_boxes, pose_looking
from sensor_msgs.msg import CameraInfo, Image
from talus_core.errors import RefusedInputError
from talus_core.pinhole import Pinhole
from talus_core.transform import Transform
from talus_map import conversions
from talus_map.mapper import DepthView, Mapper

EYE = pose_looking((0.0, 0.0, 1.5), pitch=0.4)
DEPTH = depth_of_boxes([FLOOR, WALL], EYE)


def image(**changes):
    fields = {"encoding": "32FC1", "width": 160, "height": 120, "step": 640} | changes
    fields.setdefault("data", DEPTH.tobytes())
    return Image(**fields)


def view_of(depth, pose=EYE, time=0.0, camera=CAMERA):
    return DepthView(depth, camera, pose, {}, np.zeros(3), time)


def content(mapper):
    return mapper.voxels.keys.tobytes(), mapper.voxels.log_odds.tobytes()


REFUSED = {
    "no_data": ({"data": b""}, "160 x 120 pixels in 0 bytes"),
    "cut_in_half": ({"data": DEPTH.tobytes()[:38400]}, "160 x 120 pixels in 38400 bytes"),
    "no_width": ({"width": 0, "step": 0}, "0 x 120 pixels"),
    "no_height": ({"height": 0}, "160 x 0 pixels"),
    "65536_squared": ({"width": 65536, "height": 65536, "step": 262144}, "65536 x 65536"),
    "step_of_another": ({"step": 320}, "320 a row"),
    "colour": ({"encoding": "rgb8"}, "an image in 'rgb8'; 32FC1 in m or 16UC1 in mm"),
    "no_encoding": ({"encoding": ""}, "an image in ''"),
    "big_endian": ({"is_bigendian": 1}, "little endian"),
    "16_bits_too_long": ({"encoding": "16UC1"}, "2 a pixel work"),
}


@pytest.mark.parametrize(("changes", "message"), REFUSED.values(), ids=REFUSED)
def test_an_image_that_is_none_is_refused_by_name(changes, message):
    with pytest.raises(RefusedInputError, match=message):
        conversions.depth_image_of("eye", image(**changes))


def test_millimetres_become_metres_and_nought_is_no_knowledge():
    data = np.zeros((120, 160), np.uint16)
    data[3, 4] = 1500
    sent = image(encoding="16UC1", step=320, data=data.tobytes())
    depth = conversions.depth_image_of("eye", sent).depth
    assert depth.dtype == np.float32
    assert depth[3, 4] == pytest.approx(1.5)
    assert np.isnan(depth).sum() == 120 * 160 - 1


@pytest.mark.parametrize("focal", [0.0, -1.0, np.nan, np.inf])
def test_a_camera_without_a_focal_length_is_refused(focal):
    matrix = CAMERA.matrix.ravel()
    matrix[0] = focal
    with pytest.raises(RefusedInputError):
        conversions.pinhole_of(CameraInfo(width=160, height=120, k=matrix))


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
