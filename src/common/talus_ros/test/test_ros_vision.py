# SPDX-License-Identifier: Apache-2.0
"""Checks what becomes of images and cameras that nobody should send: they are refused by name."""

import numpy as np
import pytest
from sensor_msgs.msg import CameraInfo, Image
from talus_core.errors import RefusedInputError
from talus_core.pinhole import Pinhole
from talus_ros.vision.conversions import depth_image_of, pinhole_of

CAMERA = Pinhole.from_fovy(160, 120, np.radians(60.0))
DEPTH = np.ones((120, 160), np.float32)


def image(**changes):
    fields = {"encoding": "32FC1", "width": 160, "height": 120, "step": 640} | changes
    fields.setdefault("data", DEPTH.tobytes())
    return Image(**fields)


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
        depth_image_of("eye", image(**changes))


def test_millimetres_become_metres_and_nought_is_no_knowledge():
    data = np.zeros((120, 160), np.uint16)
    data[3, 4] = 1500
    sent = image(encoding="16UC1", step=320, data=data.tobytes())
    depth = depth_image_of("eye", sent).depth
    assert depth.dtype == np.float32
    assert depth[3, 4] == pytest.approx(1.5)
    assert np.isnan(depth).sum() == 120 * 160 - 1


@pytest.mark.parametrize("focal", [0.0, -1.0, np.nan, np.inf])
def test_a_camera_without_a_focal_length_is_refused(focal):
    matrix = CAMERA.matrix.ravel()
    matrix[0] = focal
    with pytest.raises(RefusedInputError):
        pinhole_of(CameraInfo(width=160, height=120, k=matrix))
