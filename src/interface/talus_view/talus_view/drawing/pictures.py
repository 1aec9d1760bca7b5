# SPDX-License-Identifier: Apache-2.0
"""Converts camera pictures to what the page shows: three channels, small enough for a panel."""

from __future__ import annotations

import cv2
import numpy as np
from talus_core.errors import TalusError

from talus_view.drawing.colours import depth_table

NEAR_M = 0.3  # where the depth colours begin: half an arm's length
FAR_M = 6.0  # where the depth colours end: what a walking robot plans over

_DEPTH_TABLE = depth_table()[:, None, :]
_CHANNELS = {"rgb8": 3, "bgr8": 3, "rgba8": 4, "bgra8": 4, "mono8": 1}


class PictureError(TalusError):
    """Raised for a picture that cannot be shown; the message names what can."""


def colour_picture(
    data: memoryview, height: int, width: int, step: int, encoding: str
) -> np.ndarray:
    """Return the bytes of a camera picture as (height, width, 3) uint8 red, green, blue.

    Raises PictureError.
    """
    if encoding not in _CHANNELS:
        raise PictureError(
            f"encoding '{encoding}' cannot be shown; known: {', '.join(sorted(_CHANNELS))}"
        )
    channels = _CHANNELS[encoding]
    rows = _rows(data, height, width * channels, step).reshape(height, width, channels)
    if channels == 1:
        return np.repeat(rows, 3, axis=2)
    return rows[:, :, 2::-1] if encoding.startswith("bgr") else rows[:, :, :3]


def depth_picture(
    data: memoryview, height: int, width: int, step: int, encoding: str
) -> np.ndarray:
    """Return the bytes of a 32FC1 depth picture as (height, width) float32 m.

    Raises PictureError.
    """
    if encoding != "32FC1":
        raise PictureError(f"depth encoding '{encoding}' cannot be shown; known: 32FC1 (metres)")
    return _rows(data, height, width * 4, step).copy().view(np.float32)


def fitted(picture: np.ndarray, width: int) -> np.ndarray:
    """Return the picture (h, w, 3) or (h, w), at most `width` pixels wide."""
    if picture.shape[1] <= width:
        return np.ascontiguousarray(picture)
    height = max(1, round(picture.shape[0] * width / picture.shape[1]))
    # Depths must not be averaged across an edge; colours should be.
    method = cv2.INTER_AREA if picture.ndim == 3 else cv2.INTER_NEAREST
    return cv2.resize(np.ascontiguousarray(picture), (width, height), interpolation=method)


def depth_as_colours(metres: np.ndarray) -> np.ndarray:
    """Return a depth picture (h, w) m as colours (h, w, 3) uint8.

    NaN, infinite and <= 0 have a colour of their own.
    """
    share = np.clip((metres - NEAR_M) * (254.0 / (FAR_M - NEAR_M)), 0.0, 254.0) + 1.0
    share[~(np.isfinite(metres) & (metres > 0.0))] = 0.0
    return cv2.applyColorMap(share.astype(np.uint8), _DEPTH_TABLE)


def _rows(data: memoryview, height: int, length: int, step: int) -> np.ndarray:
    """Return the rows of a picture, (height, length) bytes, that begin `step` bytes apart.

    Raises PictureError, also for a picture without a pixel: at that OpenCV crashes.
    """
    flat = np.frombuffer(data, dtype=np.uint8)
    if height < 1 or not 0 < length <= step or len(flat) < height * step:
        raise PictureError(
            f"a picture of {height} rows of {length} bytes, {step} apart, came with {len(flat)} "
            "bytes; it must have a pixel, and bytes for all of them"
        )
    return flat[: height * step].reshape(height, step)[:, :length]
