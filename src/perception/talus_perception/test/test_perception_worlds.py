# SPDX-License-Identifier: Apache-2.0
"""Holds rendered worlds against the truth that is told of them."""

import numpy as np
import pytest
from talus_core.pinhole import Pinhole
from talus_perception.data.frames import WorldRange, world_pairs
from talus_perception.data.shards import ShardError, read_shards, write_shard
from talus_perception.words import PICTURE_HEIGHT, PICTURE_WIDTH, SURFACES, THINGS
from talus_perception.worlds.figures import SKIN, load_figures
from talus_perception.worlds.rendering import WorldRenderer, open_picture_context
from talus_perception.worlds.things import Plan, Thing, box
from talus_perception.worlds.truth import (
    FLOOR_BIT,
    FREE_BIT,
    STEP_EDGE_BIT,
    FrameTruth,
    frame_truth,
)
from talus_perception.worlds.views import View
from talus_perception.worlds.world import HELD_OUT, TRAINING, Light, World, make_world

pytestmark = pytest.mark.sim
HEIGHT_M = 1.0  # of the camera
BOX_M = 0.4  # a side of the box
AHEAD_M = 2.0  # of the camera, its middle


@pytest.fixture(scope="module")
def context():
    return open_picture_context()


def level_eye(x: float, y: float) -> np.ndarray:
    """Return an optical frame that looks along the world's x."""
    pose = np.eye(4)
    pose[:3, :3] = [[0, 0, 1], [-1, 0, 0], [0, -1, 0]]
    pose[:3, 3] = (x, y, HEIGHT_M)
    return pose


@pytest.fixture(scope="module")
def box_before_camera(context) -> tuple[FrameTruth, FrameTruth]:
    """The two truths of a box on a floor that slides left by 0.1 m before a camera that stands."""
    size = (BOX_M, BOX_M, BOX_M)
    plan = Plan((10.0, 10.0), 3.0, 1)
    plan.things.append(Thing("", (box("floor", (40, 40, 0.1), (0, 0, -0.05)),)))
    step = box("step", (1.0, 1.0, 0.15), (0.0, 0.0, 0.075))
    plan.things.append(Thing("", (step,), (3.0, -1.5, 0.0)))
    place = (AHEAD_M, 0.0, HEIGHT_M - BOX_M / 2)
    plan.things.append(
        Thing(
            "box",
            (box("box", size, (0, 0, BOX_M / 2)),),
            place,
            0.0,
            size,
            (0, 0, BOX_M / 2),
            velocity=(0.0, 1.0, 0.0),
        )
    )
    lamp = Light((0, 0, 2.9), (0.2, 0.1, -1.0), (0.7, 0.7, 0.7), True)
    world = World(plan, (np.full((8, 8, 3), 128, np.uint8),), (1.0,), (lamp,), 0.3, False)
    renderer = WorldRenderer(world, np.random.default_rng(0))
    pinhole = Pinhole(PICTURE_WIDTH, PICTURE_HEIGHT, 160.0, 160.0, 159.5, 127.5)
    view = View(pinhole, (level_eye(0, 0), level_eye(0, 0)), (0.0, 0.1), False)
    renders = renderer.render(view)
    truths = tuple(
        frame_truth(renderer.things, renderer.parts, view, renders, now) for now in (0, 1)
    )
    renderer.close()
    return truths


def test_a_box_is_where_it_stands(box_before_camera):
    truth, _ = box_before_camera
    (row,) = truth.things
    assert THINGS[int(row[0])] == "box"
    assert row[1:3] == pytest.approx((159.5, 127.5), abs=0.1)
    assert row[3] == pytest.approx(AHEAD_M, abs=1e-3)
    assert row[4:7] == pytest.approx((BOX_M,) * 3)
    near = AHEAD_M - BOX_M / 2
    assert row[9] == pytest.approx(160.0 * BOX_M / near, abs=0.5)
    assert truth.depth[32, 40] == pytest.approx(near, rel=0.002)
    assert SURFACES[truth.surface[32, 40]] == "box"
    assert truth.normal[32, 40] == pytest.approx((0, 0, -127), abs=2)


def test_the_floor_is_floor_as_far_as_one_sees(box_before_camera):
    truth, _ = box_before_camera
    bottom = truth.ground[-1]
    assert (bottom & FLOOR_BIT == FLOOR_BIT).all() and (bottom & FREE_BIT == FREE_BIT).all()
    v = 4 * 63  # the picture's row of the last row of cells
    assert truth.depth[-1, 40] == pytest.approx(160.0 * HEIGHT_M / (v - 127.5), rel=0.01)
    assert np.abs(truth.height[-1]).max() < 0.01
    assert not (truth.ground[:32] & FLOOR_BIT).any()


def test_a_step_has_an_edge(box_before_camera):
    truth, _ = box_before_camera
    edge = truth.ground & STEP_EDGE_BIT > 0
    assert edge.any()
    is_step = truth.surface == SURFACES.index("step")
    assert not edge[:, :40].any()  # it is on the right
    assert truth.height[is_step].max() == pytest.approx(0.15, abs=0.01)


def test_what_moves_is_told_with_how_far(box_before_camera):
    first, second = box_before_camera
    shift = -160.0 * 0.1 / (AHEAD_M - BOX_M / 2)  # 0.1 m to the left
    assert first.flow[16, 20] == pytest.approx((shift, 0.0), abs=0.1)
    assert first.moving[16, 20] == 1
    assert second.flow[16, 18] == pytest.approx((-shift, 0.0), abs=0.1)
    assert first.flow[-1, 5] == pytest.approx((0.0, 0.0), abs=0.01)
    assert first.moving[-1].max() == 0


def test_the_scan_ends_at_the_box_and_nowhere_else(box_before_camera):
    truth, _ = box_before_camera
    assert truth.scan[20] == pytest.approx(AHEAD_M - BOX_M / 2, rel=0.02)
    assert truth.scan[0] > 10.0


def test_a_camera_knows_which_way_is_up(box_before_camera):
    truth, _ = box_before_camera
    assert truth.attitude == pytest.approx((0.0, -1.0, 0.0, HEIGHT_M))


def test_a_seed_makes_the_same_world_and_another_split_another_one():
    figures = load_figures()
    first, again, other = (
        make_world(3, split, figures) for split in (TRAINING, TRAINING, HELD_OUT)
    )
    assert len(first.plan.things) == len(again.plan.things)
    assert all(np.array_equal(a, b) for a, b in zip(first.paints, again.paints, strict=True))
    assert not np.array_equal(first.paints[0], other.paints[0])


def test_people_of_the_splits_are_others():
    figures = load_figures()
    parts = [figures.of_split(is_held_out).vertices for is_held_out in (False, True)]
    assert sum(map(len, parts)) == len(figures.vertices)
    assert not any(np.array_equal(a, b) for a in parts[0] for b in parts[1])


def test_baked_people_stand_on_the_floor_and_are_of_human_size():
    figures = load_figures()
    assert np.abs(figures.vertices[..., 2].min(1)).max() < 1e-6
    tall = figures.vertices[..., 2].max(1)
    assert tall.min() > 0.8 and tall.max() < 2.6  # a crouching child; an arm stretched up
    assert set(np.unique(figures.regions)) == set(range(SKIN, 5))
    nose, hips = figures.key_points[:, 0], figures.key_points[:, 11:13].mean(1)
    standing = figures.walks
    assert (nose[standing, 2] > hips[standing, 2]).all()
    left, right = figures.key_points[:, 5], figures.key_points[:, 6]
    assert (left[standing, 1] > right[standing, 1]).all()  # they look along x


def test_frames_are_the_same_again_and_from_a_file(tmp_path):
    worlds = WorldRange(seed=5, split=TRAINING, first=2, pairs_per_world=1)
    figures = load_figures()
    (number, pairs), (_, again) = (next(world_pairs(worlds, figures)) for _ in range(2))
    assert number == 2
    assert np.array_equal(pairs[0][0].picture, again[0][0].picture)
    write_shard(tmp_path, number, pairs)
    (stored,) = read_shards(tmp_path)
    for name, value in vars(pairs[0][1].truth).items():
        assert np.array_equal(value, vars(stored[0][1].truth)[name], equal_nan=True), name


def test_a_broken_file_of_frames_is_named(tmp_path):
    with pytest.raises(ShardError, match="makes them"):
        next(read_shards(tmp_path))
    (tmp_path / "worlds_000000.npz").write_bytes(b"nothing")
    with pytest.raises(ShardError, match=r"worlds_000000\.npz is no file of frames"):
        next(read_shards(tmp_path))
