# SPDX-License-Identifier: Apache-2.0
"""Checks distances, levels, costs and the board against what a search through everything gives."""

import numpy as np
import pytest
from map_scene import CAMERA, FLOOR, WALL, depth_of_boxes, pose_looking
from talus_core.vision.depth_view import DepthView
from talus_map.layers.elevation import ElevationGrid
from talus_map.layers.moving import MovingBody
from talus_map.layers.occupancy import FREE_CELL, OCCUPIED_CELL, UNKNOWN_CELL, OccupancyGrid
from talus_map.loops.choice import usual_loops
from talus_map.loops.in_numpy import NumpyLoops
from talus_map.mapper import Mapper
from talus_map.planning.board import MOST_TRIES, Board, BoardLayout, TornReadError
from talus_map.planning.costs import LETHAL_COST, UNKNOWN_COST, Reason, costs_of
from talus_map.planning.distance_field import DistanceField
from talus_map.planning.levels import levels_around
from talus_map.voxels.shared_map import SharedMap

SOLID = np.zeros((0, 512), bool)
NO_BLOCKS = np.zeros((0, 3), np.int32)
LAYOUT = BoardLayout({"cells": ((40, 30), "i1"), "heights": ((7,), "f4")})


def put(shared, voxels, times=2, source="a"):
    for _ in range(times):
        shared.layer(source).integrate(np.asarray(voxels, np.int32), NO_BLOCKS, SOLID)


def box_of(low, high):
    """Return all voxels from `low` to `high`, exclusive."""
    axes = [np.arange(a, b) for a, b in zip(low, high, strict=True)]
    return np.stack(np.meshgrid(*axes, indexing="ij"), -1).reshape(-1, 3)


@pytest.mark.parametrize("loops", [usual_loops(), NumpyLoops()], ids=lambda loops: loops.name)
def test_the_field_after_many_changes_is_that_of_a_search_through_all(loops):
    random = np.random.default_rng(2)
    shared = SharedMap(loops=loops)
    field = DistanceField(shared.resolution, loops)
    for step in range(6):
        put(shared, np.unique(random.integers(-20, 20, (6, 3)), axis=0), source="ab"[step % 2])
        if step == 3:  # something is taken away again
            layer = shared.layer("a")
            free = np.ones((layer.block_count, 512), bool)
            for _ in range(12):
                layer.integrate(NO_BLOCKS, layer.coordinates, free)
        field.update(shared, shared.take_changed(), np.zeros(3))
    occupied = np.concatenate([shared.layer(name).occupied_voxels() for name in "ab"])
    assert len(occupied) > 5
    asked = random.integers(-30, 30, (2000, 3))
    exact = np.sqrt(((asked[:, None] - occupied) ** 2).sum(axis=2).min(axis=1))
    told = field.distances_at((asked + 0.5) * shared.resolution)
    expected = np.where(exact <= 8.0, exact * shared.resolution, np.inf)
    np.testing.assert_allclose(told, expected, rtol=1e-6)


def test_a_change_works_out_its_neighbourhood_and_no_change_nothing():
    shared = SharedMap()
    field = DistanceField(shared.resolution)
    put(shared, box_of((0, -80, 0), (1, 80, 40)))
    field.update(shared, shared.take_changed(), np.zeros(3))
    assert field.updated > 300
    put(shared, [[0, 0, 0]])
    field.update(shared, shared.take_changed(), np.zeros(3))
    assert field.updated == 0
    put(shared, [[50, 0, 0]])
    field.update(shared, shared.take_changed(), np.zeros(3))
    assert field.updated == 27


def test_the_field_stays_bounded_and_keeps_what_is_near(monkeypatch):
    monkeypatch.setattr("talus_map.planning.distance_field.MOST_FIELD_BLOCKS", 500)
    shared = SharedMap()
    field = DistanceField(shared.resolution)
    for metre in range(60):
        put(shared, box_of((20 * metre, 0, 0), (20 * metre + 20, 1, 8)))
        robot = np.array([metre + 0.52, 0.32, 0.22])
        field.update(shared, shared.take_changed(), robot)
        assert field.distances_at(robot[None])[0] == pytest.approx(0.3, abs=0.03)
        assert len(field._field.keys) < 800


def test_levels_of_floor_table_and_stairs():
    shared = SharedMap()
    put(shared, box_of((-40, -40, -1), (40, 40, 0)))  # floor, its top at 0
    put(shared, box_of((10, -6, 14), (26, 6, 15)))  # table, at 0.75 m
    for step in range(1, 4):
        put(shared, box_of((-20 - 6 * step, -8, 0), (-14 - 6 * step, 8, 3 * step)))
    grid = levels_around(shared, np.zeros(3), 4.0)
    resolution = shared.resolution

    def heights_at(x, y):
        column, row = np.floor((np.array([x, y]) - grid.origin) / resolution).astype(int)
        return grid.heights[row, column], grid.rooms[row, column]

    heights, rooms = heights_at(0.9, 0.0)
    np.testing.assert_allclose(heights[:2], [-0.5 * resolution, 14.5 * resolution], atol=1e-6)
    assert np.isnan(heights[2:]).all()
    assert rooms[0] == pytest.approx(0.7, abs=1e-6)  # from the floor to the table
    assert rooms[1] > 1.2
    for step in range(1, 4):
        heights, _ = heights_at(-(20 + 6 * step - 3) * resolution, 0.0)
        assert heights[0] == pytest.approx((3 * step - 0.5) * resolution, abs=1e-6)
        assert np.isnan(heights[1:]).all()
    known = grid.heights[~np.isnan(grid.heights)]
    assert (grid.variances[~np.isnan(grid.heights)] == np.float32(resolution**2 / 12.0)).all()
    assert len(known) > 3000


def test_levels_take_the_finer_height_of_the_elevation_map():
    mapper = Mapper()
    pose = pose_looking((0.0, 0.0, 1.5), pitch=0.6)
    depth = depth_of_boxes([((-20.0, -20.0, -1.0), (20.0, 20.0, 0.012)), WALL], pose)
    for number in range(8):
        mapper.integrate(DepthView(depth, CAMERA, pose, {}, np.zeros(3), 0.1 * number))
    grid = levels_around(mapper.shared, np.zeros(3), 4.0, mapper.elevation)
    column, row = np.floor((np.array([1.5, 0.0]) - grid.origin) / grid.resolution).astype(int)
    assert grid.heights[row, column, 0] == pytest.approx(0.012, abs=0.004)
    assert grid.variances[row, column, 0] < 0.01**2
    assert grid.is_open[row, column, 0]


def empty_grid(cells):
    return OccupancyGrid(np.asarray(cells, np.int8), np.array([-1.0, -1.0]), 0.05)


def test_costs_fall_with_the_distance_and_say_why():
    cells = np.full((60, 60), FREE_CELL)
    cells[30, 30] = OCCUPIED_CELL
    cells[:, 55:] = UNKNOWN_CELL
    costs = costs_of(empty_grid(cells), ElevationGrid())
    row = costs.costs[30, 30:55].astype(int)
    assert (row[0], costs.reasons[30, 30]) == (LETHAL_COST, Reason.OCCUPIED)
    assert (np.diff(row) <= 0).all()
    assert costs.reasons[30, 34] == Reason.NEAR
    assert (row[20], costs.reasons[30, 50]) == (0, Reason.FREE)
    assert (costs.costs[30, 57], costs.reasons[30, 57]) == (UNKNOWN_COST, Reason.UNKNOWN)
    assert costs.distances[30, 34] == pytest.approx(0.2)


def test_steps_and_people_cost_and_say_so():
    elevation = ElevationGrid()
    elevation.elevation[:] = 0.0
    elevation.elevation[:, elevation.cells // 2 :] = 0.3
    low = ElevationGrid()
    low.elevation[:] = 0.0
    low.elevation[:, low.cells // 2 :] = 0.1
    grid = empty_grid(np.full((40, 40), FREE_CELL))
    assert Reason.STEP in costs_of(grid, elevation).reasons[20]
    assert costs_of(grid, elevation).costs[20].max() == LETHAL_COST
    reasons = costs_of(grid, low).reasons[20]
    assert Reason.UNEVEN in reasons and Reason.STEP not in reasons
    body = MovingBody(np.zeros(2), np.array([0.5, 0.0]), np.zeros(2), 0.0)
    with_body = costs_of(grid, ElevationGrid(), [body])
    assert with_body.reasons[20, 30] == Reason.MOVING
    assert with_body.reasons[20, 10] == Reason.FREE


def test_readers_see_the_newest_content_without_a_copy():
    memory = bytearray(LAYOUT.size)
    writer = Board(LAYOUT, memory)
    reader = Board(LAYOUT, memory)
    writer.publish({"cells": np.full((40, 30), 3, np.int8), "heights": np.arange(7)})
    assert reader.read(lambda views: (views["cells"].max(), views["heights"][6])) == (3, 6.0)
    assert reader.read(lambda views: np.shares_memory(views["cells"], np.frombuffer(memory, "u1")))
    assert (writer.version, reader.version) == (2, 2)


def test_a_question_that_was_overtaken_is_asked_again():
    board = Board(LAYOUT)
    asked = []

    def question(views):
        first = int(views["cells"][0, 0])
        if not asked:
            board.publish({"cells": np.ones((40, 30), np.int8)})
        asked.append(first)
        return first, int(views["cells"][-1, -1])

    assert board.read(question) == (1, 1)
    assert asked == [0, 1]


def test_a_writer_that_died_while_writing_is_told_and_its_successor_heals():
    memory = bytearray(LAYOUT.size)
    Board(LAYOUT, memory)
    memory[0] = 1
    reader = Board(LAYOUT, memory)
    with pytest.raises(TornReadError, match=f"at {MOST_TRIES} tries"):
        reader.read(lambda views: views["cells"].max())
    Board(LAYOUT, memory).publish({"cells": np.full((40, 30), 5, np.int8)})
    assert reader.read(lambda views: int(views["cells"].min())) == 5


@pytest.mark.parametrize("shape", [(40, 31), (0, 0), (1200,)])
def test_an_array_of_another_size_is_refused_before_anything_is_written(shape):
    board = Board(LAYOUT)
    with pytest.raises(ValueError, match="the board has"):
        board.publish({"heights": np.ones(7), "cells": np.zeros(shape)})
    assert board.version == 0 and board.read(lambda views: views["heights"].max()) == 0.0


def test_a_person_who_walks_by_leaves_no_trace():
    """At 10 Hz: marked while there, free again within 2 s of leaving, also after standing long."""
    eye = pose_looking((0.0, 0.0, 1.5))
    mapper = Mapper()
    now = 0.0

    def see(boxes):
        nonlocal now
        now += 0.1
        depth = depth_of_boxes([FLOOR, WALL, *boxes], eye)
        mapper.integrate(DepthView(depth, CAMERA, eye, {}, np.zeros(3), now))

    def trace():
        centres = mapper.voxels.occupied_centres()
        return centres[(centres[:, 0] < 2.8) & (centres[:, 2] > 0.15)]

    for _ in range(20):
        see([])
    for step in range(30):  # walks across at 1 m/s
        y = -1.5 + 0.1 * step
        see([((1.8, y - 0.2, 0.0), (2.1, y + 0.2, 1.7))])
    for _ in range(50):  # and stands for 5 s
        see([((1.8, 1.0, 0.0), (2.1, 1.4, 1.7))])
    assert len(trace()) > 20
    left_at = now
    while len(trace()):
        see([])
        assert now - left_at < 2.0
    assert now - left_at <= 1.0 + 1e-9
