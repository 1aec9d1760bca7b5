# SPDX-License-Identifier: Apache-2.0
"""Checks that maps of many sources merge in any order, twice, and that no source clears another."""

from dataclasses import replace

import numpy as np
import pytest
from talus_core.errors import RefusedInputError
from talus_map.loops.choice import usual_loops
from talus_map.loops.in_numpy import NumpyLoops
from talus_map.voxels.block import (
    CLASS_VALUES,
    EVIDENCE_STALE_S,
    HIGHEST_STEPS,
    LOWEST_STEPS,
    UNKNOWN_VOXEL,
    coordinates_of,
    is_free,
    is_occupied,
    keys_of,
)
from talus_map.voxels.shared_map import SharedMap
from talus_map.voxels.voxel_map import VoxelMap

NO_HITS = np.zeros((0, 3), np.int32)
BLOCK = np.zeros((1, 3), np.int32)
ALL_FREE = np.ones((1, 512), bool)


def random_deltas(seed, sources=("left", "right", "robot2"), count=12):
    """Return what each source would send after each of its measurements."""
    random = np.random.default_rng(seed)
    deltas = []
    for source in sources:
        there = SharedMap()
        layer = there.layer(source)
        for step in range(count):
            since = layer.version
            blocks = np.unique(random.integers(-3, 3, (8, 3)).astype(np.int32), axis=0)
            hits = np.unique(random.integers(-24, 24, (60, 3)).astype(np.int32), axis=0)
            layer.integrate(hits, blocks, random.random((len(blocks), 512)) < 0.5, float(step))
            deltas.append(there.delta(source, since))
    return deltas


def content(shared):
    """Return the stored values of all layers together by key, and each layer's versions."""
    keys = np.unique(np.concatenate([shared.layer(source).keys for source in shared.sources]))
    versions = {
        source: dict(
            zip(
                shared.layer(source).keys.tolist(),
                shared.layer(source).versions.tolist(),
                strict=True,
            )
        )
        for source in shared.sources
    }
    return keys.tobytes(), shared.values_in(keys).tobytes(), versions


def merged(deltas):
    shared = SharedMap()
    for source in ("left", "right", "robot2"):
        shared.layer(source)
    for delta in deltas:
        shared.merge(delta)
    return shared


@pytest.mark.parametrize("seed", range(3))
def test_any_order_and_any_repetition_gives_the_same_map(seed):
    deltas = random_deltas(seed)
    expected = content(merged(deltas))
    random = np.random.default_rng(seed + 50)
    for _ in range(3):
        twice = [deltas[k] for k in random.permutation(np.repeat(np.arange(len(deltas)), 2))]
        assert content(merged(twice)) == expected


def test_a_lost_delta_is_made_good_by_asking_again():
    """What a source sends since version 0 holds all that was lost on the way."""
    source = SharedMap()
    random = np.random.default_rng(4)
    there = SharedMap()
    for step in range(10):
        since = source.layer("a").version
        hits = np.unique(random.integers(-24, 24, (60, 3)).astype(np.int32), axis=0)
        source.layer("a").integrate(hits, BLOCK, ALL_FREE, float(step))
        if step % 3:
            there.merge(source.delta("a", since))
    there.merge(source.delta("a"))
    complete = SharedMap()
    complete.merge(source.delta("a"))
    keys = np.sort(source.layer("a").keys)
    np.testing.assert_array_equal(there.values_in(keys), complete.values_in(keys))


def test_merging_twice_takes_nothing_the_second_time():
    shared = SharedMap()
    delta = random_deltas(1)[3]
    assert shared.merge(delta) == len(delta.keys) > 0
    assert shared.merge(delta) == 0


def test_within_one_delta_the_newest_version_counts():
    full = np.zeros((1, 128), np.uint8)
    keys = keys_of(BLOCK)
    delta = random_deltas(1)[0]
    both = replace(
        delta,
        keys=np.repeat(keys, 2),
        versions=np.array([7, 3], np.uint32),
        seen_at=np.array([1, 1], np.uint32),
        packed=np.concatenate([full + 0xFF, full + 0x55]),
    )
    shared = SharedMap()
    assert shared.merge(both) == 1
    assert is_occupied(shared.values_in(keys)).all()


def test_what_is_merged_has_the_class_that_its_source_gave_it():
    source = SharedMap()
    hits = np.array([[1, 2, 3], [4, 5, 6]], np.int32)
    for _ in range(3):
        source.layer("a").integrate(hits, BLOCK, ALL_FREE)
    there = SharedMap()
    there.merge(source.delta("a"))
    assert set(np.unique(there.values_in(keys_of(BLOCK)))) == {CLASS_VALUES[1], CLASS_VALUES[3]}
    np.testing.assert_array_equal(there.values_of(hits), np.full(2, CLASS_VALUES[3]))


def marked(shared, source, now, times=8):
    for _ in range(times):
        shared.layer(source).integrate(BLOCK, np.zeros((0, 3), np.int32), ALL_FREE[:0], now)


def cleared(shared, source, now, times=8):
    for _ in range(times):
        shared.layer(source).integrate(NO_HITS, BLOCK, ALL_FREE, now)


@pytest.mark.parametrize("others", [1, 3])
def test_no_source_clears_what_another_marks(others):
    shared = SharedMap()
    marked(shared, "mine", 100.0, times=2)  # weak as a mark can be
    for number in range(others):
        cleared(shared, f"other{number}", 105.0)
    assert is_occupied(shared.values_of(BLOCK))[0]
    assert is_occupied(shared.values_in(keys_of(BLOCK)))[0, 0]


def test_who_marked_may_clear():
    shared = SharedMap()
    marked(shared, "mine", 100.0)
    cleared(shared, "other", 100.0)
    cleared(shared, "mine", 101.0, times=9)
    assert is_free(shared.values_of(BLOCK))[0]


def test_a_stale_mark_stands_alone_and_yields_to_fresh_evidence():
    shared = SharedMap()
    marked(shared, "mine", 100.0)
    shared.layer("mine").settle(100.0 + EVIDENCE_STALE_S + 2.0)
    assert is_occupied(shared.values_of(BLOCK))[0]
    cleared(shared, "other", 100.0 + EVIDENCE_STALE_S + 2.0)
    assert is_free(shared.values_of(BLOCK))[0]


def test_evidence_of_two_adds_up_within_bounds():
    shared = SharedMap()
    marked(shared, "a", 5.0, times=1)
    assert not is_occupied(shared.values_of(BLOCK))[0]
    marked(shared, "b", 5.0, times=1)
    assert is_occupied(shared.values_of(BLOCK))[0]
    for source in ("a", "b", "c"):
        marked(shared, source, 5.0, times=20)
    assert shared.values_of(BLOCK)[0] == HIGHEST_STEPS
    free = SharedMap()
    for source in ("a", "b", "c"):
        cleared(free, source, 5.0, times=20)
    assert free.values_of(BLOCK)[0] == LOWEST_STEPS


def test_what_nobody_knows_is_unknown():
    shared = SharedMap()
    assert shared.values_of(BLOCK)[0] == UNKNOWN_VOXEL
    shared.layer("a")
    marked(shared, "b", 0.0)
    assert shared.values_of(BLOCK + 50)[0] == UNKNOWN_VOXEL
    assert (shared.values_in(keys_of(BLOCK + 50)) == UNKNOWN_VOXEL).all()
    assert (shared.values_in(keys_of(BLOCK))[0, 1:] == UNKNOWN_VOXEL).all()


def test_voxels_and_blocks_say_the_same():
    shared = merged(random_deltas(9))
    keys = shared.layer("left").keys
    values = shared.values_in(keys)
    inside = np.stack(np.unravel_index(np.arange(512), (8, 8, 8)), axis=1)
    voxels = coordinates_of(keys)[:, None] * 8 + inside
    single = shared.values_of(voxels.reshape(-1, 3).astype(np.int32))
    np.testing.assert_array_equal(single.reshape(values.shape), values)


def test_changed_blocks_are_told_once():
    shared = SharedMap()
    assert len(shared.take_changed()) == 0
    marked(shared, "a", 0.0)
    cleared(shared, "b", 0.0)
    np.testing.assert_array_equal(shared.take_changed(), keys_of(BLOCK))
    assert len(shared.take_changed()) == 0


BAD = {
    "another_resolution": ({"resolution": 0.1}, "voxels of 0.1 m; the map has 0.05 m"),
    "nan": ({"resolution": float("nan")}, "voxels of nan m"),
    "short": ({"packed": np.zeros((3, 128), np.uint8)}, r"packed are uint8\(3, 128\)"),
    "wide": ({"versions": np.zeros(8, np.int64)}, "versions are int64"),
    "negative": ({"keys": np.full(8, -1, np.int64)}, "a negative key"),
}


@pytest.mark.parametrize(("changes", "message"), BAD.values(), ids=BAD)
def test_a_delta_that_does_not_fit_is_refused_and_the_map_kept(changes, message):
    blocks = np.stack([np.arange(8)] * 3, axis=1).astype(np.int32)
    source = SharedMap()
    source.layer("a").integrate(NO_HITS, blocks, np.ones((8, 512), bool))
    shared = SharedMap()
    shared.merge(source.delta("a"))
    before = content(shared)
    with pytest.raises(RefusedInputError, match=message):
        shared.merge(replace(source.delta("a"), **changes))
    assert content(shared) == before


@pytest.mark.parametrize("loops", [usual_loops(), NumpyLoops()], ids=lambda loops: loops.name)
def test_stale_blocks_keep_their_classes_in_a_quarter_of_the_room(loops):
    random = np.random.default_rng(6)
    voxels = VoxelMap(loops=loops)
    blocks = np.unique(random.integers(-20, 20, (3000, 3)).astype(np.int32), axis=0)
    hits = np.unique(random.integers(-160, 160, (20000, 3)).astype(np.int32), axis=0)
    for _ in range(2):
        voxels.integrate(hits, blocks[1000:], random.random((len(blocks) - 1000, 512)) < 0.5, 50.0)
    voxels.integrate(NO_HITS, blocks[:1000], np.ones((1000, 512), bool), 50.0)
    before = voxels.log_odds
    voxels.settle(50.0 + EVIDENCE_STALE_S)
    np.testing.assert_array_equal(voxels.log_odds, before)  # not yet stale
    voxels.settle(50.0 + EVIDENCE_STALE_S + 1.0)
    after = voxels.log_odds
    for told in (is_free, is_occupied, lambda values: values == UNKNOWN_VOXEL):
        np.testing.assert_array_equal(told(after), told(before))
    inside = random.integers(-160, 160, (5000, 3)).astype(np.int32)
    rows = voxels.rows_of(keys_of(inside >> 3))
    local = inside & 7
    expected = np.where(
        rows >= 0, after[rows, (local[:, 0] * 8 + local[:, 1]) * 8 + local[:, 2]], UNKNOWN_VOXEL
    )
    np.testing.assert_array_equal(voxels.values_of(inside), expected)
    np.testing.assert_array_equal(
        np.unique(keys_of(voxels.occupied_voxels())), np.sort(keys_of(hits))
    )
    voxels.integrate(hits, blocks, np.zeros((len(blocks), 512), bool), 70.0)
    assert (voxels.values_of(hits) == CLASS_VALUES[3] + 17).all()  # and is measured on


def test_a_clock_that_was_set_back_leaves_the_map_as_it_is():
    voxels = VoxelMap()
    voxels.integrate(NO_HITS, BLOCK, ALL_FREE, 500.0)
    for now in (3.0, 4.0):
        voxels.integrate(NO_HITS, BLOCK + 1, ALL_FREE, now)
        voxels.settle(now)
    assert is_free(voxels.log_odds).all()
    assert voxels.block_count == 2


def test_a_robot_that_walks_on_forgets_what_is_farthest_and_never_is_full():
    """Three kilometres of corridor in room for 1000 blocks."""
    voxels = VoxelMap(most_blocks=1000)
    section = np.stack(np.meshgrid(np.arange(8), np.arange(4), np.arange(6), indexing="ij"), -1)
    section = section.reshape(-1, 3).astype(np.int32)
    sizes = []
    for step in range(0, 7500, 8):
        there = section + np.array([step, 0, 0], np.int32)
        voxels.integrate(NO_HITS, there, np.ones((len(there), 512), bool), 0.1 * step)
        voxels.settle(0.1 * step)
        place = there[-1] * voxels.block_size
        voxels.keep_near(place)
        assert not voxels.is_full
        assert is_free(voxels.values_of(there * 8)).all()
        sizes.append(voxels.bytes_held)
    assert voxels.block_count <= 1000
    assert max(sizes[200:]) <= 1.2 * max(sizes[50:200])
    assert np.linalg.norm((voxels.coordinates - there[-1]) * voxels.block_size, axis=1).max() < 30.0


def test_forgetting_keeps_the_rest():
    voxels = VoxelMap()
    blocks = np.stack([np.arange(50)] * 3, axis=1).astype(np.int32)
    free = np.random.default_rng(3).random((50, 512)) < 0.5
    voxels.integrate(NO_HITS, blocks, free, 1.0)
    voxels.forget(voxels.coordinates[:, 0] % 2 == 0)
    assert voxels.block_count == 25
    np.testing.assert_array_equal(voxels.coordinates, blocks[1::2])
    np.testing.assert_array_equal(is_free(voxels.log_odds), free[1::2])
