# SPDX-License-Identifier: Apache-2.0
"""Defines the colours of the page: palette, heights, depths, and the stop ladder's levels."""

from __future__ import annotations

import numpy as np

Colour = tuple[int, int, int]  # red, green, blue, 0 to 255 each

BACKGROUND: Colour = (232, 237, 243)
GRID_CELL: Colour = (208, 215, 224)
GRID_SECTION: Colour = (170, 181, 196)
LEFT_FOOT: Colour = (34, 139, 230)
RIGHT_FOOT: Colour = (230, 119, 0)
SUPPORT: Colour = (64, 192, 87)
CAPTURE_POINT: Colour = (190, 75, 219)
CENTRE_OF_PRESSURE: Colour = (250, 82, 82)
CENTRE_OF_MASS: Colour = (245, 159, 0)

LEVEL_COLOURS: dict[int, Colour] = {
    0: (47, 158, 68),
    1: (232, 163, 0),
    2: (240, 101, 0),
    3: (224, 49, 49),
    4: (180, 35, 35),
    5: (134, 20, 20),
}
UNKNOWN_LEVEL: Colour = (134, 142, 150)

# Heights over the ground: floor grey, then teal, blue, violet, warm at head height and above.
_HEIGHT_STOPS = np.array([-0.3, 0.05, 0.3, 0.8, 1.4, 2.2])  # m
_HEIGHT_COLOURS = np.array(
    [(70, 78, 92), (140, 148, 158), (18, 150, 140), (28, 100, 225), (120, 60, 210), (240, 96, 60)],
    dtype=float,
)

# Depth from near to far: warm to cold.
_DEPTH_STOPS = np.linspace(0.0, 1.0, 6)
_DEPTH_COLOURS = np.array(
    [(255, 244, 190), (253, 174, 97), (215, 80, 110), (122, 50, 150), (45, 38, 110), (8, 12, 40)],
    dtype=float,
)
NO_DEPTH: Colour = (40, 44, 52)


def css(colour: Colour) -> str:
    """Return a colour as `#rrggbb`."""
    return "#{:02x}{:02x}{:02x}".format(*colour)


def height_colours(heights: np.ndarray) -> np.ndarray:
    """Return heights (n,) m as colours (n, 3) uint8."""
    return _blend(heights, _HEIGHT_STOPS, _HEIGHT_COLOURS)


def depth_table() -> np.ndarray:
    """Return colours (256, 3) uint8 of depths from 1 = nearest to 255 = farthest; 0 is no depth."""
    table = _blend(np.linspace(0.0, 1.0, 256), _DEPTH_STOPS, _DEPTH_COLOURS)
    table[0] = NO_DEPTH
    return table


def occupancy_colours(cells: np.ndarray) -> np.ndarray:
    """Return an occupancy grid (h, w) as colours (h, w, 4) uint8.

    Cells are -1 unknown, which is transparent, and 0 free to 100 occupied.
    """
    picture = np.zeros((*cells.shape, 4), dtype=np.uint8)
    share = np.clip(cells, 0, 100)[..., None] / 100.0
    free = np.array([255.0, 255.0, 255.0, 150.0])
    occupied = np.array([60.0, 70.0, 90.0, 220.0])
    picture[:] = free + share * (occupied - free)
    picture[cells < 0] = 0
    return picture


def elevation_colours(elevation: np.ndarray) -> np.ndarray:
    """Return heights (h, w) m as colours (h, w, 4) uint8; NaN = never seen is transparent."""
    picture = np.zeros((*elevation.shape, 4), dtype=np.uint8)
    is_known = np.isfinite(elevation)
    picture[is_known, :3] = height_colours(elevation[is_known])
    picture[is_known, 3] = 200
    return picture


def soft_shadow(size: int = 64) -> np.ndarray:
    """Return a round shadow (size, size, 4) uint8 that fades outwards."""
    x = np.linspace(-1.0, 1.0, size)
    distance = np.hypot(*np.meshgrid(x, x))
    picture = np.zeros((size, size, 4), dtype=np.uint8)
    picture[..., 3] = 110.0 * np.clip(1.0 - distance, 0.0, 1.0) ** 1.5
    return picture


def _blend(values: np.ndarray, stops: np.ndarray, colours: np.ndarray) -> np.ndarray:
    channels = [np.interp(values, stops, colours[:, c]) for c in range(3)]
    return np.stack(channels, axis=-1).round().astype(np.uint8)
