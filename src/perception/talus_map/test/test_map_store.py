# SPDX-License-Identifier: Apache-2.0
"""Checks that a loaded map equals the saved one, and that a wrong file changes nothing."""

import numpy as np
import pytest
from talus_map.voxels import store
from talus_map.voxels.store import MapFileError
from talus_map.voxels.voxel_map import VoxelMap

NO_OPEN = (np.zeros((0, 3), np.int32), np.zeros((0, 512), bool))


def some_map(seed=0, resolution=0.05):
    voxels = VoxelMap(resolution)
    hits = np.random.default_rng(seed).integers(-200, 200, (500, 3)).astype(np.int32)
    for _ in range(2):
        voxels.integrate(hits, *NO_OPEN)
    return voxels


def content(voxels):
    return {
        tuple(c): v.tobytes()
        for c, v in zip(voxels.coordinates.tolist(), voxels.log_odds, strict=True)
    }


def test_loading_gives_what_was_saved_and_nothing_of_before(tmp_path):
    saved = some_map(1)
    other = some_map(2)
    path = store.save(saved, tmp_path / "hall.npz")
    store.load(other, path)
    assert content(other) == content(saved)
    assert [p.name for p in tmp_path.iterdir()] == ["hall.npz"]


def test_an_empty_map_is_a_map(tmp_path):
    other = some_map()
    store.load(other, store.save(VoxelMap(), tmp_path / "empty.npz"))
    assert other.block_count == 0


def test_a_failed_write_keeps_the_old_file_and_leaves_no_other(tmp_path, monkeypatch):
    path = store.save(some_map(1), tmp_path / "hall.npz")
    before = path.read_bytes()

    def no_space(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", no_space)
    with pytest.raises(MapFileError, match=r"cannot write .*hall.npz: No space left on device"):
        store.save(some_map(2), path)
    assert path.read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("path", ["", "hall.npz", "maps/hall.npz"])
def test_a_relative_path_is_refused(path):
    with pytest.raises(MapFileError, match="is not an absolute path"):
        store.save(some_map(), path)


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(MapFileError, match=r"cannot write .*: No such file or directory"):
        store.save(some_map(), tmp_path / "nowhere" / "hall.npz")


def archive(path, **changes):
    voxels = some_map()
    entries = {
        "kind": store.MAP_FILE_KIND,
        "version": store.MAP_FILE_VERSION,
        "resolution": voxels.resolution,
        "quantum": store.LOG_ODDS_STEP,
        "coordinates": voxels.coordinates,
        "log_odds": voxels.log_odds,
    } | changes
    np.savez(path, **{name: value for name, value in entries.items() if value is not None})
    return path


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"kind": "a photograph"}, "its kind is 'a photograph', not 'talus voxel map'"),
        ({"kind": None}, "its kind is 'none'"),
        ({"version": 7}, "has map version 7; this program reads 1"),
        ({"resolution": 0.1}, r"has voxels of 0.1 m; the map has 0.05 m"),
        ({"log_odds": None}, "damaged: entry 'log_odds' is missing"),
        ({"log_odds": np.zeros((3, 512), np.int8)}, "damaged: int32"),
        (
            {"coordinates": np.zeros((3, 3), np.float64), "log_odds": np.zeros((3, 512), np.int8)},
            "damaged: float64",
        ),
    ],
)
def test_a_file_of_another_kind_is_refused_and_the_map_stays(tmp_path, changes, message):
    voxels = some_map(5)
    before = content(voxels)
    with pytest.raises(MapFileError, match=message):
        store.load(voxels, archive(tmp_path / "wrong.npz", **changes))
    assert content(voxels) == before


@pytest.mark.parametrize("data", [b"", b"hello", b"PK\x03\x04 broken"])
def test_what_is_no_archive_is_refused(tmp_path, data):
    path = tmp_path / "wrong.npz"
    path.write_bytes(data)
    with pytest.raises(MapFileError, match="is no map: not a NumPy archive"):
        store.load(some_map(), path)


def test_a_truncated_file_is_refused(tmp_path):
    path = store.save(some_map(), tmp_path / "hall.npz")
    path.write_bytes(path.read_bytes()[:-2000])
    with pytest.raises(MapFileError, match="is no map"):
        store.load(some_map(), path)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(MapFileError, match=r"cannot read .*hall.npz: No such file or directory"):
        store.load(some_map(), tmp_path / "hall.npz")


def test_a_map_too_large_for_this_one_is_refused(tmp_path):
    path = store.save(some_map(), tmp_path / "hall.npz")
    small = VoxelMap(most_blocks=10)
    with pytest.raises(MapFileError, match="blocks; the map holds 10"):
        store.load(small, path)
    assert small.block_count == 0


ODD_ENTRIES = {
    "versions": {"version": np.array([1, 2])},
    "a_name_as_version": {"version": "one"},
    "scalar": {"coordinates": np.int32(3)},
    "far": {"coordinates": some_map().coordinates + np.int32(2**30)},
    "twice": {"coordinates": np.zeros_like(some_map().coordinates)},
    "kinds": {"kind": np.array(["talus voxel map", "x"])},
    "resolution": {"resolution": np.array([0.05])},
    "quantum": {"quantum": None},
    "an_object": {"log_odds": np.array([{}, {}], dtype=object)},
}


@pytest.mark.parametrize("changes", ODD_ENTRIES.values(), ids=ODD_ENTRIES)
def test_odd_entries_are_refused_in_one_line_and_the_map_stays(tmp_path, changes):
    voxels = some_map(5)
    before = content(voxels)
    with pytest.raises(MapFileError) as refused:
        store.load(voxels, archive(tmp_path / "odd.npz", **changes))
    assert "odd.npz" in str(refused.value) and "\n" not in str(refused.value)
    assert content(voxels) == before


def test_a_damaged_byte_anywhere_is_refused_or_changes_nothing_of_what_was_saved(tmp_path):
    saved = some_map(1)
    data = store.save(saved, tmp_path / "hall.npz").read_bytes()
    damaged = tmp_path / "damaged.npz"
    random = np.random.default_rng(0)
    refused = 0
    for place in random.integers(len(data), size=200):
        spoilt = bytearray(data)
        spoilt[place] ^= random.integers(1, 256)
        damaged.write_bytes(spoilt)
        voxels = some_map(5)
        before = content(voxels)
        try:
            store.load(voxels, damaged)
            assert content(voxels) == content(saved)  # a byte that nobody reads
        except MapFileError:
            assert content(voxels) == before
            refused += 1
    assert refused > 100


def test_numpys_other_format_is_refused(tmp_path):
    np.save(tmp_path / "array.npy", np.zeros((4, 4)))
    with pytest.raises(MapFileError, match=r"array.npy is no map"):
        store.load(some_map(), tmp_path / "array.npy")


@pytest.mark.parametrize("path", ["/dev/zero", "/", "~/../.."])
def test_what_is_no_file_is_not_opened(path):
    with pytest.raises(MapFileError, match=r"cannot read|is not an absolute path"):
        store.load(some_map(), path)


@pytest.mark.parametrize("act", [store.save, store.load])
@pytest.mark.parametrize("path", ["~nobody_here/a.npz", "a.npz", "", "/", "/tmp/a\0b.npz"])
def test_a_path_that_leads_nowhere_is_refused_both_ways(act, path):
    with pytest.raises(MapFileError):
        act(some_map(), path)


@pytest.mark.parametrize("path", ["/proc/a.npz", "/tmp", "/tmp/" + 300 * "x"])
def test_where_nothing_can_be_written_is_refused(path):
    with pytest.raises(MapFileError, match="cannot write"):
        store.save(some_map(), path)
