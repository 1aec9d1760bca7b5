# SPDX-License-Identifier: Apache-2.0
"""Projects the voxel map to the ground: cells where a body of the robot's height would collide.

Unknown space stays unknown.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from talus_core.parameters import parameter

from talus_map.voxels.block import BLOCK_EDGE_VOXELS, is_free
from talus_map.voxels.voxel_map import VoxelMap

# Values of a cell, as nav_msgs/OccupancyGrid defines them.
UNKNOWN_CELL = -1
FREE_CELL = 0
OCCUPIED_CELL = 100
# The ground of a column is its lowest surface within this distance; a slope of 10 degrees rises 4
# cm over it.
GROUND_REACH_M = 0.25
STEEPEST_SLOPE = 0.18  # tan(10 degrees): a surface above this slope from the feet is not ground
HEIGHT_ROUNDING_M = 1e-3  # m, rounding error of heights that are float32 sums
UNEVEN_GROUND_M = 0.10  # m: two voxels
# Share of the body's height that must be seen free where the floor was not: 16 cm at most stay
# hidden.
OPEN_SHARE = 0.9


@dataclass(frozen=True)
class OccupancyConfig:
    """Hold the parameters of the projection."""

    lowest_m: float = parameter(
        0.15, "Lower above the ground is a step, for the elevation map.", 0.02, 1.0
    )
    highest_m: float = parameter(
        1.8, "Higher above the ground the robot passes below: 1.73 m and a hand's width.", 0.5, 5.0
    )


@dataclass(frozen=True)
class OccupancyGrid:
    """Hold the cells of the projection, each the size of a voxel.

    Attributes:
        cells: (height, width) int8, row = y: -1 unknown, 0 free, 100 occupied.
        origin: (2,) m, the corner of cell (0, 0).
        resolution: m.
    """

    cells: np.ndarray
    origin: np.ndarray
    resolution: float


def project(voxels: VoxelMap, feet: np.ndarray, config: OccupancyConfig) -> OccupancyGrid:
    """Return the grid over all known blocks; `feet` (3,) m is where the robot stands."""
    resolution = voxels.resolution
    if voxels.block_count == 0:
        return OccupancyGrid(
            np.full((1, 1), UNKNOWN_CELL, np.int8), np.asarray(feet[:2], float), resolution
        )
    within = voxels.coordinates[:, :2]
    first = within.min(axis=0)
    shape = tuple((within.max(axis=0) - first + 1) * BLOCK_EDGE_VOXELS)
    corner = first * BLOCK_EDGE_VOXELS
    surface = voxels.occupied_voxels()
    column = surface[:, :2] - corner
    height = (surface[:, 2] + np.float32(0.5)) * np.float32(resolution)
    ground = _ground(
        column,
        height,
        shape,
        (np.asarray(feet[:2]) / resolution - corner),
        float(feet[2]),
        resolution,
    )
    above = height - ground[column[:, 0], column[:, 1]]

    grid = np.full(shape, UNKNOWN_CELL, np.int8)
    grid[_open_columns(voxels, first, ground, config)] = FREE_CELL
    bottom = above - np.float32(0.5 * resolution)
    is_floor = (
        np.abs(bottom) < config.lowest_m
    )  # a surface seen from above: the space over it was seen through
    grid[column[is_floor, 0], column[is_floor, 1]] = FREE_CELL
    is_obstacle = (bottom >= config.lowest_m - HEIGHT_ROUNDING_M) & (bottom <= config.highest_m)
    grid[column[is_obstacle, 0], column[is_obstacle, 1]] = OCCUPIED_CELL
    return OccupancyGrid(np.ascontiguousarray(grid.T), corner * resolution, resolution)


def _ground(
    column: np.ndarray,
    height: np.ndarray,
    shape: tuple[int, int],
    feet: np.ndarray,
    level: float,
    resolution: float,
) -> np.ndarray:
    """Return the height of the ground below each column, (columns along x, along y) m.

    It is the level of the feet where no ground was seen.
    """
    distance = np.hypot(*(column - feet).T) * resolution
    is_ground = np.abs(height - level) <= UNEVEN_GROUND_M + STEEPEST_SLOPE * distance
    place = np.ravel_multi_index(tuple(column[is_ground].T), shape)
    height = height[is_ground]
    lowest = np.full(shape[0] * shape[1], np.inf, np.float32)
    np.minimum.at(lowest, place, height)
    # A surface between two layers of voxels marks both: their mean is its height.
    is_surface = height < lowest[place] + 1.5 * resolution
    count = np.bincount(place[is_surface], minlength=lowest.size)
    total = np.bincount(place[is_surface], height[is_surface], minlength=lowest.size)
    mean = np.where(count, total / np.maximum(count, 1), np.inf).astype(np.float32)
    ground = mean.reshape(shape)
    reach = round(GROUND_REACH_M / resolution)
    window = 2 * reach + 1
    for axis in (0, 1):
        around = [(reach, reach) if axis == a else (0, 0) for a in (0, 1)]
        padded = np.pad(ground, around, constant_values=np.inf)
        views = np.lib.stride_tricks.sliding_window_view(padded, window, axis=axis)
        ground = views.min(axis=-1)
    return np.where(np.isinf(ground), np.float32(level), ground)


def _open_columns(
    voxels: VoxelMap, first: np.ndarray, ground: np.ndarray, config: OccupancyConfig
) -> np.ndarray:
    """Return where nearly all of the body's height above ground was seen free.

    The result is (columns along x, along y) booleans.
    """
    size = voxels.block_size
    low = float(ground.min()) + config.lowest_m
    high = float(ground.max()) + config.highest_m
    coordinates = voxels.coordinates
    bottom = coordinates[:, 2] * size
    blocks = np.flatnonzero((bottom + size > low) & (bottom < high))
    within = np.arange(BLOCK_EDGE_VOXELS)
    x, y = (
        (coordinates[blocks, axis] - first[axis])[:, None] * BLOCK_EDGE_VOXELS + within
        for axis in (0, 1)
    )
    place = (x[:, :, None], y[:, None, :])
    below = (
        bottom[blocks, None, None] - ground[place]
    )  # (blocks, 8, 8) m, bottom of each block's columns above the ground
    is_open = is_free(voxels.values_in(blocks)).reshape(
        -1, BLOCK_EDGE_VOXELS, BLOCK_EDGE_VOXELS, BLOCK_EDGE_VOXELS
    )
    count = np.zeros(below.shape, np.int32)
    for layer in within:
        above = below + (layer + 0.5) * voxels.resolution
        count += is_open[..., layer] & (above >= config.lowest_m) & (above <= config.highest_m)
    free = np.zeros(ground.shape, np.int32)
    np.add.at(free, place, count)
    return free * voxels.resolution >= OPEN_SHARE * (config.highest_m - config.lowest_m)
