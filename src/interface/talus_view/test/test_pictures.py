# SPDX-License-Identifier: Apache-2.0
"""Checks camera pictures and colour scales."""

import numpy as np
import pytest
from talus_view.drawing import colours
from talus_view.drawing.pictures import (
    PictureError,
    colour_picture,
    depth_as_colours,
    depth_picture,
    fitted,
)


@pytest.mark.parametrize(
    ("encoding", "pixel", "expected"),
    [
        ("rgb8", [1, 2, 3], [1, 2, 3]),
        ("bgr8", [1, 2, 3], [3, 2, 1]),
        ("rgba8", [1, 2, 3, 4], [1, 2, 3]),
        ("bgra8", [1, 2, 3, 4], [3, 2, 1]),
        ("mono8", [7], [7, 7, 7]),
    ],
)
def test_every_encoding_becomes_red_green_blue(encoding, pixel, expected):
    row = bytes(pixel * 2) + b"\xff\xff"  # two pixels, then padding
    picture = colour_picture(row * 3, 3, 2, len(row), encoding)
    assert picture.shape == (3, 2, 3)
    assert (picture == expected).all()


def test_unknown_encoding_and_short_data_are_refused():
    with pytest.raises(PictureError, match=r"yuv.*bgr8"):
        colour_picture(b"", 1, 1, 2, "yuv422")
    with pytest.raises(PictureError, match=r"16UC1.*32FC1"):
        depth_picture(b"", 1, 1, 2, "16UC1")
    with pytest.raises(PictureError, match="5 bytes"):
        colour_picture(b"12345", 2, 1, 3, "rgb8")


@pytest.mark.parametrize(
    "shape", [(0, 2, 8), (2, 0, 8), (2, 2, 0), (2, 2, 7), (0, 0, 0), (2, 2, 9)]
)
def test_picture_without_a_pixel_or_with_too_few_bytes_is_refused(shape):
    """OpenCV ends the process at one without a pixel."""
    with pytest.raises(PictureError, match="it must have a pixel"):
        depth_picture(bytes(16), *shape, "32FC1")


def test_depth_survives_the_bytes():
    metres = np.array([[0.5, np.nan], [2.0, np.inf]], dtype=np.float32)
    np.testing.assert_array_equal(depth_picture(metres.tobytes(), 2, 2, 8, "32FC1"), metres)


def test_unknown_depth_has_its_own_colour_and_near_is_bright():
    picture = depth_as_colours(np.array([[np.nan, np.inf, 0.0, 0.4, 5.5]])).astype(int)
    assert (picture[0, :3] == colours.NO_DEPTH).all()
    assert picture[0, 3].sum() > picture[0, 4].sum()


def test_fitted_keeps_the_aspect_and_never_enlarges():
    assert fitted(np.zeros((480, 640, 3), np.uint8), 320).shape == (240, 320, 3)
    assert fitted(np.zeros((24, 32, 3), np.uint8), 320).shape == (24, 32, 3)


def test_fitted_depth_invents_no_distance():
    metres = np.where(np.arange(64) < 32, 1.0, 4.0).astype(np.float32)[None].repeat(8, axis=0)
    assert set(np.unique(fitted(metres, 20))) == {1.0, 4.0}


def test_occupancy_unknown_is_transparent_and_occupied_is_dark():
    picture = colours.occupancy_colours(np.array([[-1, 0, 100]], dtype=np.int8)).astype(int)
    assert picture[0, 0, 3] == 0
    assert picture[0, 1, :3].sum() > picture[0, 2, :3].sum()
    assert picture[0, 1:, 3].min() > 0


def test_elevation_never_seen_is_transparent():
    picture = colours.elevation_colours(np.array([[np.nan, 0.2]]))
    assert picture[0, 0, 3] == 0
    assert picture[0, 1, 3] > 0


def test_heights_differ_in_colour():
    shades = colours.height_colours(np.array([0.0, 0.5, 1.0, 1.8])).astype(int)
    assert (np.abs(np.diff(shades, axis=0)).sum(axis=1) > 30).all()
