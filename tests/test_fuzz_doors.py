# SPDX-License-Identifier: Apache-2.0
"""Whatever comes to a door of a node, the node lives and goes on working.

TALUS_FUZZ sets the number of inputs at each door and TALUS_FUZZ_SEED what is in them; the tests
take few, a campaign takes many. A failure names the smallest input that shows it.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from zlib import crc32

import numpy as np
import pytest
from fuzzed_nodes import Door, FuzzedNodes, taken
from message_mutation import evil_bytes, minimised, minimised_bytes, mutated
from sensor_msgs.msg import JointState
from talus_map.voxels import store
from talus_map.voxels.store import MapFileError
from talus_map.voxels.voxel_map import VoxelMap

COUNT = int(os.environ.get("TALUS_FUZZ", "60"))
SEED = int(os.environ.get("TALUS_FUZZ_SEED", "0"))


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FuzzedNodes]:
    made = FuzzedNodes(tmp_path_factory.mktemp("fuzzed"))
    yield made
    made.close()


def complaint(door: Door, chance: random.Random) -> str:
    """Try one input; return what went wrong with the smallest input that shows it, or nothing."""
    if door.is_service or chance.random() < 0.2:
        value = mutated(chance, door.sample)
        error = taken(door, value)
        if error is None:
            return ""
        smallest = minimised(value, door.sample, lambda trial: taken(door, trial) is not None)
    else:
        value = evil_bytes(chance, door.sample)
        error = taken(door, value)
        if error is None:
            return ""
        smallest = minimised_bytes(value, lambda trial: taken(door, trial) is not None)
    return f"{door.name}: {type(error).__name__}: {error}: {str(smallest)[:2000]}"


def test_no_input_comes_through_the_door_of_a_node(nodes):
    found = []
    for door in nodes.doors:
        chance = random.Random(crc32(f"{SEED} {door.name}".encode()))
        with np.errstate(all="ignore"):
            wrong = (complaint(door, chance) for _ in range(COUNT))
            found += [text for text in wrong if text][:1]
    assert found == []


def test_the_doors_are_those_of_every_node(nodes):
    names = {door.name for door in nodes.doors}
    assert {
        "balance robot_state",
        "balance cmd_vel",
        "balance map/elevation",
        "safety map/moving",
        "safety safety/arm",
        "safety safety/set_parameters",
        "map tf",
        "map map/load",
        "robot_state_publisher joint_states",
        "recorder robot_state",
        "operator joint_states",
    } <= names


def test_what_is_right_is_not_refused(nodes):
    """A sample that a door refuses would let the fuzzer knock at it in vain."""
    for door in nodes.doors:
        assert taken(door, door.sample) is None, door.name


def test_a_failure_is_cut_down_to_what_it_needs():
    chance = random.Random(1)
    sample = JointState(name=["a", "b"], position=[0.0, 1.0])

    def fails(message: JointState) -> bool:
        return len(message.name) != len(message.position)

    found = next(m for m in (mutated(chance, sample) for _ in range(1000)) if fails(m))
    smallest = minimised(found, sample, fails)
    assert fails(smallest)
    assert smallest.header == sample.header and list(smallest.velocity) == []
    assert minimised_bytes(b"abcXdef", lambda data: b"X" in data) == b"\0\0\0X"


def test_no_map_file_comes_through(tmp_path):
    chance = random.Random(SEED)
    voxels = VoxelMap()
    hits = np.random.default_rng(0).integers(-50, 50, (300, 3)).astype(np.int32)
    voxels.integrate(hits, np.zeros((0, 3), np.int32), np.zeros((0, 512), bool))
    entries = dict(np.load(store.save(voxels, tmp_path / "good.npz")))
    before = voxels.coordinates.copy()
    for _ in range(COUNT):
        spoilt = dict(entries)
        name = chance.choice(list(entries))
        spoilt[name] = chance.choice(evil_entries(entries[name]))
        np.savez(tmp_path / "odd.npz", **spoilt)
        try:
            store.load(voxels, tmp_path / "odd.npz")
        except MapFileError:
            np.testing.assert_array_equal(voxels.coordinates, before)
        else:
            before = voxels.coordinates.copy()


def evil_entries(entry: np.ndarray) -> list[np.ndarray]:
    """Return entries of other kinds, shapes and values."""
    return [
        np.array([entry, entry]),
        entry.astype("U") if entry.dtype.kind != "U" else np.array(3),
        np.zeros((0, 3)),
        np.zeros((0, 512), np.int8),
        np.array(["x", "y"]),
        np.array(np.nan),
        np.array(2**62),
        entry.reshape(-1)[:7],
        np.full_like(entry, entry.reshape(-1)[0]),
        np.zeros((3, 3), np.int32) + 2**30,
    ]
