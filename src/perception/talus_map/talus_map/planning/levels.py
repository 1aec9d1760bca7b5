# SPDX-License-Identifier: Apache-2.0
"""Finds the surfaces one above the other that something can stand on: floor, table over it, stairs.

A level is the top of a run of occupied voxels with room above it. Where the elevation map follows
that surface, its height and variance, which are finer than a voxel, are taken.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from talus_map.layers.elevation import ElevationGrid
from talus_map.voxels.block import (
    BLOCK_EDGE_VOXELS,
    is_free,
    keys_of,
    occupied_in,
    places_of,
)
from talus_map.voxels.shared_map import SharedMap

MOST_LEVELS = 4  # of a cell: floor, seat, table and shelf
LEAST_ROOM_M = 0.3  # above a surface: what is lower is the inside of a thing
BELOW_FEET_M = 1.2  # that is looked at: a flight of eight steps down
ABOVE_FEET_M = 2.4  # over the head of a robot of 1.73 m
SAME_SURFACE_VOXELS = 1.5  # that the elevation map may differ from a voxel's middle


@dataclass(frozen=True)
class LevelGrid:
    """Hold the surfaces of each cell from the lowest up; NaN = no such level.

    Attributes:
        heights: (rows, columns, MOST_LEVELS) float32 m; row = y.
        variances: (rows, columns, MOST_LEVELS) float32 m^2.
        rooms: (rows, columns, MOST_LEVELS) float32 m that are not occupied above the surface.
        is_open: (rows, columns, MOST_LEVELS) booleans: the voxel above was seen to be free.
        origin: (2,) m, the corner of cell (0, 0).
        resolution: m.
    """

    heights: np.ndarray
    variances: np.ndarray
    rooms: np.ndarray
    is_open: np.ndarray
    origin: np.ndarray
    resolution: float


def levels_around(
    voxels: SharedMap, feet: np.ndarray, size: float, elevation: ElevationGrid | None = None
) -> LevelGrid:
    """Return the levels in a square of `size` m around the robot, whose feet are at (3,) m."""
    edge = BLOCK_EDGE_VOXELS * voxels.resolution
    reach = np.array([0.5 * size, 0.5 * size, BELOW_FEET_M])
    first = np.floor((feet - reach) / edge).astype(np.int32)
    reach[2] = ABOVE_FEET_M
    counts = np.floor((feet + reach) / edge).astype(np.int32) + 1 - first
    resolution = voxels.resolution
    start = first * BLOCK_EDGE_VOXELS
    x, y, tops, rooms, is_open = _surfaces(voxels, first, counts)
    kept = rooms * resolution >= LEAST_ROOM_M
    x, y, tops, rooms, is_open = (a[kept] for a in (x, y, tops, rooms, is_open))
    number = _numbers_in_column(x, y)
    fits = number < MOST_LEVELS
    at = (y[fits], x[fits], number[fits])
    columns, rows = counts[:2] * BLOCK_EDGE_VOXELS
    shape = (rows, columns, MOST_LEVELS)
    heights = np.full(shape, np.nan, np.float32)
    # The surface is somewhere in its voxel.
    heights[at] = (tops[fits] + start[2] + 0.5) * resolution
    variances = np.where(np.isnan(heights), np.nan, resolution**2 / 12.0).astype(np.float32)
    room = np.full(shape, np.nan, np.float32)
    room[at] = rooms[fits] * resolution
    opened = np.zeros(shape, bool)
    opened[at] = is_open[fits]
    origin = start[:2] * resolution
    if elevation is not None:
        _refine(heights, variances, origin, resolution, elevation)
    return LevelGrid(heights, variances, room, opened, origin, resolution)


def _surfaces(voxels: SharedMap, first: np.ndarray, counts: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return the runs of occupied voxels in `counts` blocks from `first` on, column after column.

    Of each: x, y and z of its top from the box's corner, the voxels above it that are not
    occupied, and whether the first of them was seen to be free.
    """
    axes = [np.arange(count, dtype=np.int32) for count in counts]
    blocks = np.stack(np.meshgrid(*axes, indexing="ij"), -1).reshape(-1, 3)
    values = voxels.values_in(keys_of(blocks + first))
    width, height = counts[1:].astype(np.int64) * BLOCK_EDGE_VOXELS
    at = occupied_in(blocks, values).astype(np.int64)
    # One number a voxel, so that those above one another follow one another.
    numbers = np.sort((at[:, 0] * width + at[:, 1]) * height + at[:, 2])
    ends = np.ones(len(numbers), bool)
    ends[:-1] = numbers[1:] != numbers[:-1] + 1
    ends |= numbers % height == height - 1
    tops = numbers[ends]
    column, z = np.divmod(tops, height)
    # The next run begins after this one's end; in another column, nothing is above but the box.
    after = np.append(numbers, (column[-1:] + 2) * height)[np.flatnonzero(ends) + 1]
    ceilings = np.where(after // height == column, after % height, height)
    x, y = np.divmod(column, width)
    above = np.stack([x, y, np.minimum(z + 1, height - 1)], axis=1)
    inside = above // BLOCK_EDGE_VOXELS
    rows = (inside[:, 0] * counts[1] + inside[:, 1]) * counts[2] + inside[:, 2]
    return x, y, z, ceilings - z - 1, is_free(values[rows, places_of(above)])


def _numbers_in_column(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return how many of a sorted list stand before each in its own column, (n,)."""
    is_new = np.ones(len(x), bool)
    is_new[1:] = (x[1:] != x[:-1]) | (y[1:] != y[:-1])
    order = np.arange(len(x))
    return order - np.maximum.accumulate(np.where(is_new, order, 0))


def _refine(
    heights: np.ndarray,
    variances: np.ndarray,
    origin: np.ndarray,
    resolution: float,
    elevation: ElevationGrid,
) -> None:
    """Put the elevation map's heights and variances where it follows the same surface."""
    rows, columns = heights.shape[:2]
    middles = [
        np.floor(((np.arange(count) + 0.5) * resolution + origin[axis]) / elevation.resolution)
        - elevation.corner[axis]
        for axis, count in ((0, columns), (1, rows))
    ]
    u, v = (
        np.where((middle >= 0) & (middle < elevation.cells), middle, -1).astype(int)
        for middle in middles
    )
    is_in = (v >= 0)[:, None] & (u >= 0)
    height = np.where(is_in, elevation.elevation[v[:, None], u], np.nan)[..., None]
    variance = np.where(is_in, elevation.variance[v[:, None], u], np.nan)[..., None]
    is_same = np.abs(height - heights) < SAME_SURFACE_VOXELS * resolution  # false for NaN
    np.copyto(heights, height, where=is_same)
    np.copyto(variances, variance, where=is_same)
