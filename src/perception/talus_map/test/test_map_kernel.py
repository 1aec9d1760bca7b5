# SPDX-License-Identifier: Apache-2.0
"""Checks that the compiled kernel equals its NumPy oracle bit for bit, on seeded random scenes."""

from dataclasses import fields

import numpy as np
import pytest
from map_scene import CAMERA, FLOOR, WALL, depth_of_boxes, pose_looking
from talus_core.pinhole import Pinhole
from talus_map.loops import choice
from talus_map.loops.compiled import CompiledLoops
from talus_map.loops.in_numpy import NumpyLoops
from talus_map.loops.library import KERNEL_LIBRARY, KernelError, load_kernel
from talus_map.loops.seam import FAR_CELL_SQUARE, FAR_SQUARE
from talus_map.voxels.block import (
    CLASS_VALUES,
    HIGHEST_STEPS,
    LOWEST_STEPS,
    UNKNOWN_CLASS,
    UNKNOWN_VOXEL,
    is_occupied,
    keys_of,
)
from talus_map.voxels.open_space import OpenSpace
from talus_map.voxels.projection import DepthSensor, end_points
from talus_map.voxels.voxel_map import VoxelMap

KERNEL = CompiledLoops(load_kernel())
ORACLE = NumpyLoops()
BOTH = (KERNEL, ORACLE)
SENSOR = DepthSensor(0.2, 4.5, 0.0017)
ODD_CAMERA = Pinhole.from_fovy(97, 61, 1.2)  # sizes that halve with a rest at every level


def random_scene(seed, camera):
    """Return depth and pose of boxes at random places, with noise, holes and open sky."""
    random = np.random.default_rng(seed)
    centres = random.uniform((0.8, -2.0, 0.0), (4.5, 2.0, 1.6), (6, 3))
    boxes = [
        (c - h, c + h) for c, h in zip(centres, random.uniform(0.03, 0.6, (6, 3)), strict=True)
    ]
    place = random.uniform((-0.5, -0.5, 0.6), (0.5, 0.5, 1.7))
    pose = pose_looking(place, random.uniform(-3.1, 3.1), random.uniform(-0.5, 1.3))
    depth = depth_of_boxes([FLOOR, WALL, *boxes], pose, camera)
    depth = depth + random.normal(0.0, 0.01, depth.shape).astype(np.float32)
    depth[random.random(depth.shape) < 0.02] = np.nan
    depth[random.random(depth.shape) < 0.02] = np.inf
    return depth, pose


def random_values(seed, *shape):
    """Return stored values, a third of them unknown."""
    random = np.random.default_rng(seed)
    values = random.integers(LOWEST_STEPS, HIGHEST_STEPS + 1, shape).astype(np.int8)
    values[random.random(shape) < 0.33] = UNKNOWN_VOXEL
    return values


def assert_same(a, b):
    np.testing.assert_array_equal(a, b)
    assert a.dtype == b.dtype


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("resolution", [0.02, 0.05, 0.13])
@pytest.mark.parametrize("camera", [CAMERA, ODD_CAMERA], ids=["even", "odd"])
def test_maps_of_random_scenes_are_equal(camera, resolution, seed):
    maps = [VoxelMap(resolution, loops=loops) for loops in BOTH]
    for image in range(3):
        depth, pose = random_scene(100 * seed + image, camera)
        points = pose.apply(end_points(depth, camera, SENSOR))
        for voxels, loops in zip(maps, BOTH, strict=True):
            found = OpenSpace(depth, camera, pose, SENSOR, loops).find(voxels.block_size)
            voxels.fuse(voxels.hits_of(points), found, 4.0 * image)
            voxels.settle(4.0 * image)
    assert maps[0].block_count > 10
    for name in ("keys", "log_odds", "seen_at", "versions"):
        assert_same(getattr(maps[0], name), getattr(maps[1], name))
    for voxels in maps:
        voxels.settle(100.0)
    assert_same(maps[0].log_odds, maps[1].log_odds)


@pytest.mark.parametrize("shape", [(120, 160), (61, 97), (1, 1), (1, 7), (2, 3)])
def test_images_and_pyramids_are_equal(shape):
    depth = np.random.default_rng(3).uniform(0.0, 6.0, shape).astype(np.float32)
    depth.ravel()[::7] = np.nan
    depth.ravel()[::11] = -np.inf
    images = [loops.open_depths(depth, 0.2, 4.5, 0.0017) for loops in BOTH]
    assert_same(*images)
    pyramids = [loops.pyramid(images[0]) for loops in BOTH]
    for field in fields(pyramids[0]):
        assert_same(*(getattr(pyramid, field.name) for pyramid in pyramids))


def test_voxels_of_points_are_equal_and_those_without_a_place_have_none():
    points = np.random.default_rng(1).normal(0.0, 0.4, (3000, 3)).astype(np.float32)
    points[::50] = np.nan
    points[1::50] = np.inf
    points[2::50, 1] = -1e30
    found = [loops.voxels_of(points, 0.05) for loops in BOTH]
    for field in fields(found[0]):
        assert_same(*(getattr(voxels, field.name) for voxels in found))
    voxels = found[0].voxels
    assert len(np.unique(keys_of(voxels))) == len(voxels) > 100
    assert np.abs(voxels).max() < 100
    assert_same(found[0].block_keys[found[0].numbers], keys_of(voxels >> 3))


def test_packing_keeps_the_class_of_every_voxel():
    values = random_values(5, 40, 512)
    values[3] = LOWEST_STEPS
    values[4] = UNKNOWN_VOXEL
    slots = np.arange(40, dtype=np.int32)[::-1].copy()
    packed, uniform = zip(*(loops.pack(values, slots) for loops in BOTH), strict=True)
    assert_same(*packed)
    assert_same(*uniform)
    assert np.count_nonzero(uniform[0] != 255) == 2
    unpacked = [loops.unpack(packed[0]) for loops in BOTH]
    assert_same(*unpacked)
    assert set(np.unique(unpacked[0])) <= set(CLASS_VALUES)
    np.testing.assert_array_equal(unpacked[0] == UNKNOWN_VOXEL, values[slots] == UNKNOWN_VOXEL)
    np.testing.assert_array_equal(is_occupied(unpacked[0]), is_occupied(values[slots]))


@pytest.mark.parametrize("layers", [1, 2, 5])
def test_sums_of_layers_are_equal(layers):
    values = random_values(7, layers, 30, 512)
    fresh = np.random.default_rng(8).random((layers, 30)) < 0.5
    assert_same(*(loops.total(values, fresh) for loops in BOTH))


def test_distances_are_those_of_a_search_through_all_voxels():
    random = np.random.default_rng(9)
    values = np.where(random.random((27, 512)) < 0.004, HIGHEST_STEPS, LOWEST_STEPS)
    bits = [loops.occupied_bits(values.astype(np.int8)) for loops in BOTH]
    assert_same(*bits)
    around = np.arange(27, dtype=np.int32)[None]
    squares = [loops.distances(bits[0], around) for loops in BOTH]
    assert_same(*squares)
    blocks, places = np.nonzero(values == HIGHEST_STEPS)
    corners = np.stack(np.unravel_index(np.arange(27), (3, 3, 3)), axis=1) * 8
    inside = np.stack(np.unravel_index(np.arange(512), (8, 8, 8)), axis=1)
    occupied = corners[blocks] + inside[places]
    exact = ((inside[:, None] + 8 - occupied) ** 2).sum(axis=2).min(axis=1)
    np.testing.assert_array_equal(squares[0][0], np.where(exact <= 64, exact, FAR_SQUARE))
    alone = np.full((1, 27), -1, np.int32)
    assert (KERNEL.distances(bits[0], alone) == FAR_SQUARE).all()
    assert_same(*(loops.distances(bits[0], alone) for loops in BOTH))


@pytest.mark.parametrize("share", [0.0, 0.01, 1.0])
def test_distances_of_a_grid_are_exact_within_the_radius(share):
    marks = (np.random.default_rng(2).random((30, 41)) < share).astype(np.uint8)
    squares = [loops.grid_distances(marks, 9) for loops in BOTH]
    assert_same(*squares)
    rows, columns = np.nonzero(marks)
    at = np.stack(np.meshgrid(np.arange(30), np.arange(41), indexing="ij"))
    exact = ((at[0][..., None] - rows) ** 2 + (at[1][..., None] - columns) ** 2).min(
        axis=2, initial=2**30
    )
    np.testing.assert_array_equal(squares[0], np.where(exact <= 81, exact, FAR_CELL_SQUARE))


def test_300_000_blocks_are_found_and_no_search_is_long():
    """Blocks of a hall of 200 m: no run of occupied places in the table is long."""
    side = np.arange(-250, 250)
    blocks = np.stack(np.meshgrid(side, side, [0, 9], indexing="ij"), -1).reshape(-1, 3)
    keys = np.random.default_rng(0).permutation(keys_of(blocks))[:300_000]
    index = KERNEL.make_index()
    rows = np.concatenate([index.add(part, 300_000) for part in np.array_split(keys, 300)])
    assert_same(rows, np.arange(300_000, dtype=np.int32))
    assert_same(index.find(keys[::-1].copy()), rows[::-1].copy())
    assert (index.find(keys + 1)[~np.isin(keys + 1, keys)] == -1).all()
    assert_same(index.keys, keys)
    assert (index.add(keys[:5] ^ (1 << 62), 300_000) == -1).all()  # full: nothing new
    is_empty = np.flatnonzero(index.table < 0)
    assert np.diff(is_empty).max() < 200  # places: with a good hash, some tens
    assert 2 * len(index.table) >= 3 * 300_000


def test_without_a_kernel_numpy_runs_and_one_line_says_why(monkeypatch, tmp_path):
    choice.usual_loops.cache_clear()
    monkeypatch.setenv("AMENT_PREFIX_PATH", str(tmp_path))
    try:
        assert choice.usual_loops().name == "numpy"
        assert "is not built; ./talus build" in choice.slow_reason()
    finally:
        choice.usual_loops.cache_clear()
    monkeypatch.undo()
    assert (choice.usual_loops().name, choice.slow_reason()) == ("kernel", "")


@pytest.mark.parametrize("content", [b"", b"\x7fELF and no more"])
def test_a_library_that_is_none_is_refused(monkeypatch, tmp_path, content):
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / KERNEL_LIBRARY).write_bytes(content)
    monkeypatch.setenv("AMENT_PREFIX_PATH", str(tmp_path))
    with pytest.raises(KernelError, match="cannot be loaded"):
        load_kernel()


def test_a_kernel_of_another_interface_is_refused(monkeypatch):
    monkeypatch.setattr("talus_map.loops.library.INTERFACE", 999)
    with pytest.raises(KernelError, match=r"is of interface \d+, not 999"):
        load_kernel()


def test_a_new_block_is_unknown():
    assert CLASS_VALUES[UNKNOWN_CLASS] == UNKNOWN_VOXEL
