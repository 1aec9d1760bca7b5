# SPDX-License-Identifier: Apache-2.0
"""Says what it costs the robot to be at each cell, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from talus_core.parameters import parameter

from talus_map.layers.elevation import ElevationGrid
from talus_map.layers.moving import MovingBody
from talus_map.layers.occupancy import OCCUPIED_CELL, UNKNOWN_CELL, OccupancyGrid
from talus_map.loops.choice import usual_loops
from talus_map.loops.seam import FAR_CELL_SQUARE, Loops

# As nav2_costmap_2d has them.
UNKNOWN_COST = 255
LETHAL_COST = 254
INSCRIBED_COST = 253
MOST_NEAR_COST = 252


class Reason(IntEnum):
    """Names what makes a cell cost what it costs."""

    FREE = 0
    UNKNOWN = 1  # nobody has seen it
    OCCUPIED = 2  # something stands there
    NEAR = 3  # something stands so near that the body may touch it
    STEP = 4  # the ground rises or falls by more than a foot can
    UNEVEN = 5  # the ground rises or falls, by less
    MOVING = 6  # somebody walks there


@dataclass(frozen=True)
class CostConfig:
    """Hold what the robot may touch and step on."""

    body_radius_m: float = parameter(0.3, "Of the robot from above, arms at its sides.", 0.1, 1.0)
    comfort_m: float = parameter(0.8, "Farther from the robot's middle nothing costs.", 0.2, 2.0)
    comfort_decay: float = parameter(5.0, "By which e-fold per metre the cost falls.", 0.5, 20.0)
    highest_step_m: float = parameter(0.2, "That a foot goes up or down.", 0.02, 0.5)
    even_m: float = parameter(0.03, "Lower differences of height cost nothing.", 0.0, 0.1)
    person_radius_m: float = parameter(0.6, "Kept free around what moves.", 0.1, 2.0)


@dataclass(frozen=True)
class CostGrid:
    """Hold costs and their reasons.

    Attributes:
        costs: (rows, columns) uint8, row = y: 0 to 252, 253 the body touches, 254 no way, 255
            unknown.
        reasons: (rows, columns) uint8, a `Reason` each.
        distances: (rows, columns) float32 m to the nearest occupied cell, at most `comfort_m`.
        origin: (2,) m, the corner of cell (0, 0).
        resolution: m.
    """

    costs: np.ndarray
    reasons: np.ndarray
    distances: np.ndarray
    origin: np.ndarray
    resolution: float


def costs_of(
    grid: OccupancyGrid,
    elevation: ElevationGrid,
    moving: Sequence[MovingBody] = (),
    config: CostConfig | None = None,
    loops: Loops | None = None,
) -> CostGrid:
    """Return the costs of the cells of a grid; of several reasons the dearest counts."""
    config = config or CostConfig()
    distances = _distances(grid, config, loops or usual_loops())
    costs = np.zeros(grid.cells.shape, np.uint8)
    reasons = np.full(grid.cells.shape, Reason.FREE, np.uint8)

    def raise_to(cost: np.ndarray, reason: Reason) -> None:
        is_dearer = cost > costs
        costs[is_dearer] = cost[is_dearer]
        reasons[is_dearer] = reason

    raise_to(_near_costs(distances, config), Reason.NEAR)
    rises = _rises(grid, elevation)
    uneven = np.clip((rises - config.even_m) / (config.highest_step_m - config.even_m), 0.0, 1.0)
    raise_to((0.5 * MOST_NEAR_COST * uneven).astype(np.uint8), Reason.UNEVEN)
    raise_to(_where(rises > config.highest_step_m, LETHAL_COST), Reason.STEP)
    raise_to(_where(_is_near_bodies(grid, moving, config), LETHAL_COST), Reason.MOVING)
    is_unknown = (grid.cells == UNKNOWN_CELL) & (costs < INSCRIBED_COST)
    raise_to(_where(is_unknown, UNKNOWN_COST), Reason.UNKNOWN)
    is_occupied = grid.cells == OCCUPIED_CELL
    costs[is_occupied] = LETHAL_COST
    reasons[is_occupied] = Reason.OCCUPIED
    return CostGrid(costs, reasons, distances, grid.origin, grid.resolution)


def _where(condition: np.ndarray, cost: int) -> np.ndarray:
    return np.where(condition, np.uint8(cost), np.uint8(0))


def _distances(grid: OccupancyGrid, config: CostConfig, loops: Loops) -> np.ndarray:
    """Return m to the nearest occupied cell, at most `comfort_m`."""
    radius = int(np.ceil(config.comfort_m / grid.resolution))
    squares = loops.grid_distances((grid.cells == OCCUPIED_CELL).astype(np.uint8), radius)
    distances = np.sqrt(squares.astype(np.float32)) * np.float32(grid.resolution)
    distances[squares == FAR_CELL_SQUARE] = np.inf
    return np.minimum(distances, np.float32(config.comfort_m))


def _near_costs(distances: np.ndarray, config: CostConfig) -> np.ndarray:
    """Return 253 where the body touches, and less the farther it is, uint8."""
    over = np.maximum(distances - config.body_radius_m, 0.0)
    costs = np.where(
        over > 0.0, MOST_NEAR_COST * np.exp(-config.comfort_decay * over), INSCRIBED_COST
    )
    return np.where(distances < config.comfort_m, costs, 0.0).astype(np.uint8)


def _rises(grid: OccupancyGrid, elevation: ElevationGrid) -> np.ndarray:
    """Return by how much the known ground differs from a cell to its neighbours, m; 0 unknown."""
    heights = elevation.elevation
    rises = np.zeros(heights.shape, np.float32)
    for axis in (0, 1):
        difference = np.nan_to_num(np.abs(np.diff(heights, axis=axis)), nan=0.0)
        before = [slice(None), slice(None)]
        after = [slice(None), slice(None)]
        before[axis] = slice(0, -1)
        after[axis] = slice(1, None)
        for part in (tuple(before), tuple(after)):
            rises[part] = np.maximum(rises[part], difference)
    out: np.ndarray = np.zeros(grid.cells.shape, np.float32)
    rows, columns = np.nonzero(rises)
    places = np.stack([columns, rows]) + elevation.corner[:, None] + 0.5
    cells = np.floor((places * elevation.resolution - grid.origin[:, None]) / grid.resolution)
    x = cells[0].astype(int)
    y = cells[1].astype(int)
    is_in = (x >= 0) & (y >= 0) & (x < out.shape[1]) & (y < out.shape[0])
    np.maximum.at(out, (y[is_in], x[is_in]), rises[rows[is_in], columns[is_in]])
    return out


def _is_near_bodies(
    grid: OccupancyGrid, moving: Sequence[MovingBody], config: CostConfig
) -> np.ndarray:
    """Return which cells are within `person_radius_m` of a body that moves."""
    x, y = (
        (np.arange(count) + 0.5) * grid.resolution + grid.origin[axis]
        for axis, count in enumerate(grid.cells.shape[::-1])
    )
    is_near = np.zeros(grid.cells.shape, bool)
    for body in moving:
        is_near |= (
            np.hypot(x - body.centre[0], y[:, None] - body.centre[1]) < config.person_radius_m
        )
    return is_near
