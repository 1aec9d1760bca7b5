# SPDX-License-Identifier: Apache-2.0
"""Makes pictures of cameras with faults, otherwise than training does."""

from __future__ import annotations

import numpy as np

from talus_perception.words import CAMERA_FAULTS

FAULT_PICTURES = CAMERA_FAULTS
BLUR_PX = 17


def spoil_picture(picture: np.ndarray, fault: str, rng: np.random.Generator) -> np.ndarray:
    """Return a picture (rows, columns, 3) uint8 as a camera with this fault would send it."""
    plane = picture.astype(np.float32)
    if fault == "black":
        plane = rng.normal(4.0, 2.0, plane.shape).astype(np.float32)
    elif fault == "over_exposed":
        plane = plane * 6.0 + 60.0
    elif fault == "blurred":
        for axis in (0, 1):
            for _ in range(2):
                plane = _box_blurred(plane, axis)
    elif fault == "blocked":
        edge = int(rng.uniform(0.6, 1.0) * plane.shape[0])
        plane[:edge] = rng.uniform(0.0, 150.0, 3)
    return np.clip(plane, 0, 255).astype(np.uint8)


def _box_blurred(plane: np.ndarray, axis: int) -> np.ndarray:
    pads = [(0, 0)] * 3
    pads[axis] = (BLUR_PX, BLUR_PX)
    total = np.cumsum(np.pad(plane, pads, mode="edge"), axis=axis)
    size = plane.shape[axis]
    ahead = np.take(total, np.arange(size) + BLUR_PX + BLUR_PX // 2, axis)
    return (ahead - np.take(total, np.arange(size) + BLUR_PX // 2, axis)) / BLUR_PX
