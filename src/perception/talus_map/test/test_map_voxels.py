# SPDX-License-Identifier: Apache-2.0
"""Checks what a depth image makes occupied and free, and what it leaves unknown."""

import numpy as np
import pytest
from map_scene import CAMERA, FLOOR, WALL, depth_of_boxes, pose_looking, values_at
from talus_core.vision.depth_view import DepthView
from talus_map.mapper import Mapper
from talus_map.voxels.block import (
    HIGHEST_LOG_ODDS,
    LOG_ODDS_STEP,
    LOWEST_LOG_ODDS,
    UNKNOWN_VOXEL,
    coordinates_of,
    is_free,
    is_occupied,
    keys_of,
)
from talus_map.voxels.voxel_map import VoxelMap

EYE = pose_looking((0.0, 0.0, 1.5))
BOX = ((1.5, -0.3, 1.0), (1.9, 0.3, 1.6))


def view_of(boxes, pose=EYE, depth=None):
    depth = depth_of_boxes(boxes, pose) if depth is None else depth
    return DepthView(depth, CAMERA, pose, {}, np.zeros(3), 0.0)


def mapped(*views, times=8):
    mapper = Mapper()
    for view in views:
        for _ in range(times):
            mapper.integrate(view)
    return mapper.voxels


def test_keys_are_one_to_one():
    random = np.random.default_rng(0)
    coordinates = random.integers(-(2**20), 2**20, (1000, 3)).astype(np.int32)
    np.testing.assert_array_equal(coordinates_of(keys_of(coordinates)), coordinates)


def test_before_a_wall_is_free_the_wall_is_occupied_behind_stays_unknown():
    voxels = mapped(view_of([WALL]))
    assert is_free(values_at(voxels, [[x, 0.1, 1.5] for x in (0.3, 1.0, 2.0, 2.8)])).all()
    assert is_occupied(values_at(voxels, [[3.01, y, 1.5] for y in (-1.0, 0.0, 1.0)])).all()
    assert (values_at(voxels, [[x, 0.1, 1.5] for x in (3.15, 3.5, 4.2)]) == UNKNOWN_VOXEL).all()


def test_outside_the_view_stays_unknown():
    voxels = mapped(view_of([WALL]))
    assert (
        values_at(voxels, [[-1.0, 0.0, 1.5], [1.0, 3.0, 1.5], [1.0, 0.0, 4.0]]) == UNKNOWN_VOXEL
    ).all()


def test_no_open_voxel_reaches_behind_the_surface():
    """Every free voxel lies wholly before the wall and above the floor."""
    voxels = mapped(view_of([WALL, FLOOR], pose_looking((0.0, 0.0, 1.5), pitch=0.4)))
    blocks, places = np.nonzero(is_free(voxels.log_odds))
    local = np.stack(np.unravel_index(places, (8, 8, 8)), 1)
    low = (voxels.coordinates[blocks] * 8 + local) * 0.05
    assert len(low) > 10_000
    assert (low[:, 0] + 0.05 <= 3.0 + 1e-6).all()
    assert (low[:, 2] >= -1e-6).all()


@pytest.mark.parametrize(
    "depth", [np.nan, -np.inf, 0.05], ids=["invalid", "too near", "nearer than used"]
)
def test_no_knowledge_changes_nothing(depth):
    voxels = mapped(view_of([], depth=np.full((120, 160), depth, np.float32)))
    assert voxels.block_count == 0


def test_a_hole_of_nan_keeps_what_was_known_behind_it():
    depth = depth_of_boxes([WALL], EYE)
    depth[:, :80] = np.nan  # the left half, y > 0
    voxels = mapped(view_of([WALL], depth=depth))
    assert values_at(voxels, [[1.0, 0.3, 1.5]])[0] == UNKNOWN_VOXEL
    assert is_free(values_at(voxels, [[1.0, -0.3, 1.5]]))[0]


def test_nothing_in_range_is_free_up_to_the_range_and_no_farther():
    voxels = mapped(view_of([]))
    assert is_free(values_at(voxels, [[4.2, 0.0, 1.5]]))[0]
    assert values_at(voxels, [[4.6, 0.0, 1.5]])[0] == UNKNOWN_VOXEL
    assert len(voxels.occupied_voxels()) == 0


def test_a_wall_beyond_the_range_marks_nothing():
    voxels = mapped(view_of([((5.0, -20.0, -1.0), (6.0, 20.0, 5.0))]))
    assert len(voxels.occupied_voxels()) == 0


def test_a_box_appears_where_it_is_and_disappears_after_it_is_taken_away():
    mapper = Mapper()
    for _ in range(2):
        mapper.integrate(view_of([WALL, BOX]))
    face = np.array([[1.51, y, z] for y in (-0.2, 0.0, 0.2) for z in (1.1, 1.3, 1.5)])
    in_box = mapper.voxels.occupied_centres()
    in_box = in_box[in_box[:, 0] < 2.5]
    outside = np.maximum(np.maximum(BOX[0] - in_box, in_box - BOX[1]), 0.0).max(axis=1)
    assert is_occupied(values_at(mapper.voxels, face)).all()
    assert outside.max() <= 0.05  # m: one voxel
    for _ in range(9):  # from certainly occupied to free: 9 misses
        mapper.integrate(view_of([WALL]))
    assert is_free(values_at(mapper.voxels, face)).all()


def test_one_stray_point_is_no_obstacle_two_are():
    mapper = Mapper()
    mapper.integrate(view_of([WALL]))
    assert len(mapper.voxels.occupied_voxels()) == 0
    for _ in range(
        4
    ):  # the pixels take turns: after 4 images every voxel of the wall was hit at least twice
        mapper.integrate(view_of([WALL]))
    assert len(mapper.voxels.occupied_voxels()) > 1000


def test_log_odds_stay_within_their_clamp():
    voxels = mapped(view_of([WALL]), times=40).log_odds
    known = voxels[voxels != UNKNOWN_VOXEL]
    assert known.max() == round(HIGHEST_LOG_ODDS / LOG_ODDS_STEP) and known.min() == round(
        LOWEST_LOG_ODDS / LOG_ODDS_STEP
    )


def test_a_full_map_says_so_and_keeps_what_it_has():
    voxels = VoxelMap(0.05, most_blocks=2)
    none = (np.zeros((0, 3), np.int32), np.zeros((0, 512), bool))
    for _ in range(2):
        voxels.integrate(np.array([[0, 0, 0], [8, 0, 0]]), *none)
    assert not voxels.is_full
    voxels.integrate(np.array([[80, 0, 0], [0, 0, 0]]), *none)
    assert voxels.is_full and voxels.block_count == 2
    assert {tuple(v) for v in voxels.occupied_voxels()} == {(0, 0, 0), (8, 0, 0)}
    voxels.clear()
    assert not voxels.is_full and len(voxels.occupied_voxels()) == 0


def test_the_map_grows_beyond_its_first_room():
    voxels = VoxelMap(0.05)
    far = np.stack([np.arange(3000) * 8, np.zeros(3000), np.zeros(3000)], 1).astype(np.int32)
    for _ in range(2):
        voxels.integrate(far, np.zeros((0, 3), np.int32), np.zeros((0, 512), bool))
    np.testing.assert_array_equal(np.sort(voxels.occupied_voxels()[:, 0]), far[:, 0])


def test_turned_and_moved_cameras_agree():
    """The same wall from four poses lies in the same voxels, within one."""
    poses = [
        pose_looking((x, y, 1.5), yaw, 0.2)
        for x, y, yaw in ((0, 0, 0), (0.5, 1, -0.3), (1, -1, 0.4), (0.2, 0, 0.1))
    ]
    centres = mapped(*(view_of([WALL], pose) for pose in poses)).occupied_centres()
    assert len(centres) > 1000
    assert np.abs(centres[:, 0] - 3.0).max() <= 0.05
