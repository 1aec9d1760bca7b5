# SPDX-License-Identifier: Apache-2.0
"""Turns a depth image into end points, and into how far each of its pixels sees."""

# C camera's optical frame: x right, y down, z forward

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from talus_core.pinhole import Pinhole


@dataclass(frozen=True)
class DepthSensor:
    """Describe what the map assumes of a depth camera.

    Attributes:
        min_range, max_range: m along the optical axis; what lies outside is not used.
        noise_per_m2: Standard deviation of depth over depth squared, 1/m (stereo: it grows with the
            square).
    """

    min_range: float
    max_range: float
    noise_per_m2: float

    def deviation(self, depth: np.ndarray) -> np.ndarray:
        """Return the standard deviations in m of depths in m."""
        return np.float32(self.noise_per_m2) * depth * depth


def end_points(
    depth: np.ndarray,
    camera: Pinhole,
    sensor: DepthSensor,
    step: int = 1,
    first: tuple[int, int] = (0, 0),
) -> np.ndarray:
    """Return (n, 3) float32 points in C of every `step`-th pixel from (row, column) `first` on.

    Pixels that saw no surface are left out.

    Args:
        depth: (height, width) m along the optical axis; NaN = invalid, +-inf = out of range (REP
            117).
    """
    seen = depth[first[0] :: step, first[1] :: step].ravel()
    valid = np.flatnonzero((seen >= sensor.min_range) & (seen <= sensor.max_range))  # false for NaN
    return _rays(camera, step, first).take(valid, axis=0) * seen.take(valid)[:, None]


@lru_cache(maxsize=32)  # covers every pixel's turn of two cameras
def _rays(camera: Pinhole, step: int, first: tuple[int, int]) -> np.ndarray:
    return camera.rays(step, first).reshape(-1, 3)


def open_depth(depth: np.ndarray, sensor: DepthSensor) -> np.ndarray:
    """Return how far each pixel's ray was seen to be open, (height, width) float32 m; 0 = unseen.

    Two standard deviations of the noise are taken off: 97.7 % of the rays are truly open so far.
    """
    seen = np.where(depth >= sensor.min_range, depth, np.float32(0.0))  # NaN and -inf: no knowledge
    seen = np.minimum(
        seen, np.float32(sensor.max_range)
    )  # +inf: nothing there as far as the sensor reaches
    return seen - 2.0 * sensor.deviation(seen)


class DepthPyramid:
    """Holds minimum and maximum of an image over squares of 1, 2, 4... pixels."""

    def __init__(self, image: np.ndarray):
        lows = [image]
        highs = [image]
        while max(lows[-1].shape) > 1:
            lows.append(halved(lows[-1], np.minimum))
            highs.append(halved(highs[-1], np.maximum))
        self._size = np.array(image.shape[::-1], np.float32)
        self._widths = np.array([level.shape[1] for level in lows])
        self._starts = np.cumsum([0, *(level.size for level in lows[:-1])])
        self._lows = np.concatenate([level.ravel() for level in lows])
        self._highs = np.concatenate([level.ravel() for level in highs])

    def range_in(self, low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return (n,) minimum and maximum over at least the rectangles from (2, n) `low` to `high`.

        Rectangles are cut to the image.
        """
        low, high = (
            np.clip(corner.T, 0, self._size - 1).astype(np.int32).T for corner in (low, high)
        )
        extent = (high - low).max(axis=0) + 1
        # Squares at least as large as the rectangle: it touches at most 2 x 2 of them.
        level = np.minimum(np.ceil(np.log2(extent)).astype(np.int32), len(self._widths) - 1)
        low = low >> level
        high = high >> level
        start = self._starts[level]
        width = self._widths[level]
        places = np.stack(
            [start + v * width + u for u in (low[0], high[0]) for v in (low[1], high[1])]
        )
        return self._lows[places].min(axis=0), self._highs[places].max(axis=0)


def halved(image: np.ndarray, function: np.ufunc) -> np.ndarray:
    """Return the image at half size by `function` of 2 x 2 pixels; an odd edge counts twice."""
    rows, columns = image.shape
    if rows % 2:
        image = np.concatenate([image, image[-1:]])
    if columns % 2:
        image = np.concatenate([image, image[:, -1:]], axis=1)
    rows_done = function(image[::2], image[1::2])
    return function(rows_done[:, ::2], rows_done[:, 1::2])
