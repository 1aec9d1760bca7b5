# SPDX-License-Identifier: Apache-2.0
"""Colours the map's points by height: dark ground, warm obstacles, pale ceiling."""

from __future__ import annotations

import numpy as np

_HEIGHTS = np.array(
    [-0.2, 0.05, 0.3, 0.9, 1.8, 3.0]
)  # m: below the ground, ground, step, table, head, ceiling
_COLOURS = np.array(
    [[40, 40, 90], [70, 95, 120], [60, 160, 140], [230, 190, 70], [225, 90, 60], [200, 200, 210]]
)


def height_colours(heights: np.ndarray) -> np.ndarray:
    """Return the colours of (n,) heights in m, (n,) uint32 0x00RRGGBB.

    This is how the `rgb` field of point clouds packs them.
    """
    red, green, blue = (
        np.interp(heights, _HEIGHTS, _COLOURS[:, k]).astype(np.uint32) for k in range(3)
    )
    return (red << 16) | (green << 8) | blue
