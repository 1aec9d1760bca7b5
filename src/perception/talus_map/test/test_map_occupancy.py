# SPDX-License-Identifier: Apache-2.0
"""Checks the projection to the ground: obstacles, free floor, unknown where nothing was seen."""

import numpy as np
import pytest
from map_scene import CAMERA, FLOOR, WALL, depth_of_boxes, pose_looking
from talus_core.vision.depth_view import DepthView
from talus_map.layers.occupancy import (
    FREE_CELL,
    OCCUPIED_CELL,
    UNKNOWN_CELL,
    OccupancyConfig,
    project,
)
from talus_map.mapper import Mapper
from talus_map.voxels.voxel_map import VoxelMap

pytestmark = pytest.mark.sim

BOX = ((1.5, -0.3, 0.0), (1.9, 0.3, 0.5))
BEAM = ((1.4, -20.0, 2.0), (1.7, 20.0, 2.2))
KERB = ((1.2, -20.0, -1.0), (20.0, 20.0, 0.08))
LOOKS = [
    pose_looking((0.0, 0.0, 1.5), yaw, pitch)
    for yaw in (-0.4, 0.0, 0.4)
    for pitch in (-0.3, 0.2, 0.6)
]


def slope(tangent):
    """Return terraces of 10 cm that rise along +x: a slope in steps that a foot does not notice."""
    return [((x, -20.0, -3.0), (x + 0.1, 20.0, x * tangent)) for x in np.arange(-1.0, 5.0, 0.1)]


def grid_of(boxes, feet=(0.0, 0.0, 0.0)):
    mapper = Mapper()
    for pose in LOOKS:
        view = DepthView(depth_of_boxes(boxes, pose), CAMERA, pose, {}, np.array(feet), 0.0)
        for _ in range(8):
            mapper.integrate(view)
    return mapper.occupancy()


def at(grid, x, y):
    column, row = np.floor((np.array([x, y]) - grid.origin) / grid.resolution).astype(int)
    height, width = grid.cells.shape
    return grid.cells[row, column] if 0 <= row < height and 0 <= column < width else UNKNOWN_CELL


def test_floor_is_free_walls_and_boxes_are_occupied_behind_them_is_unknown():
    grid = grid_of([FLOOR, WALL, BOX])
    assert [at(grid, *xy) for xy in ((1.0, 0.0), (2.5, 1.0), (2.5, -1.0))] == [FREE_CELL] * 3
    assert [at(grid, *xy) for xy in ((1.52, 0.0), (3.02, 1.0), (3.02, -1.2))] == [OCCUPIED_CELL] * 3
    assert at(grid, 1.7, 0.0) == OCCUPIED_CELL  # its top
    assert at(grid, 2.05, 0.0) == UNKNOWN_CELL  # its shadow on the floor
    assert at(grid, 3.3, 0.0) == UNKNOWN_CELL
    assert set(np.unique(grid.cells)) == {UNKNOWN_CELL, FREE_CELL, OCCUPIED_CELL}


def test_a_beam_above_the_head_is_passed_below():
    assert at(grid_of([FLOOR, WALL, BEAM]), 1.55, 0.0) == FREE_CELL


def test_a_kerb_is_a_step_not_an_obstacle():
    grid = grid_of([FLOOR, KERB])
    assert [at(grid, x, 0.0) for x in (1.0, 1.22, 1.8, 2.5)] == [FREE_CELL] * 4


@pytest.mark.parametrize("tangent", [0.09, -0.09], ids=["up 5 degrees", "down 5 degrees"])
def test_a_slope_is_free(tangent):
    grid = grid_of(slope(tangent))
    assert [at(grid, x, 0.0) for x in (0.8, 1.5, 2.2, 3.0)] == [FREE_CELL] * 4


def test_another_level_of_the_ground_moves_everything_with_it():
    up = np.array([0.0, 0.0, 1.0])
    boxes = [(np.array(low) + up, np.array(high) + up) for low, high in (FLOOR, WALL, BOX)]
    mapper = Mapper()
    for pose in LOOKS:
        raised = pose_looking(pose.position + up)
        raised = type(pose)(pose.rotation, raised.position)
        view = DepthView(depth_of_boxes(boxes, raised), CAMERA, raised, {}, up, 0.0)
        for _ in range(8):
            mapper.integrate(view)
    grid = mapper.occupancy()
    assert (at(grid, 1.0, 0.0), at(grid, 1.52, 0.0), at(grid, 2.05, 0.0)) == (
        FREE_CELL,
        OCCUPIED_CELL,
        UNKNOWN_CELL,
    )


def test_an_empty_map_is_one_unknown_cell_at_the_robot():
    grid = project(VoxelMap(), np.array([3.0, -2.0, 0.0]), OccupancyConfig())
    assert grid.cells.tolist() == [[UNKNOWN_CELL]] and grid.origin.tolist() == [3.0, -2.0]
