# SPDX-License-Identifier: Apache-2.0
"""Stores what one source knows: log-odds of occupancy in blocks of 8 x 8 x 8 voxels.

Blocks that were seen lately hold a byte a voxel. Of those that nobody has looked at for
EVIDENCE_STALE_S only the classes of their voxels are kept, two bits each, or one for all.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from talus_map.loops.choice import usual_loops
from talus_map.loops.seam import BlockIndex, Loops, OpenBlocks, PointVoxels
from talus_map.voxels.block import (
    BLOCK_EDGE_VOXELS,
    BLOCK_VOXELS,
    CLASS_VALUES,
    CLASSES,
    EVIDENCE_STALE_S,
    MIXED_BLOCK,
    PACKED_BLOCK_BYTES,
    UNKNOWN_CLASS,
    coordinates_of,
    keys_of,
    occupied_in,
    places_of,
)
from talus_map.voxels.pool import RowPool

MOST_FULL = 0.9  # of the blocks that a map may hold: one image brings some thousand at most
AFTER_FORGETTING = 0.8
_CHUNK = 2048  # blocks unfolded at once: 1 MB
_LEAST_ROWS = 1024
# Where a block's voxels are: a row of the bytes, 0 and above; else, counted down from -1, a class
# that all have, then rows of the packed.
_FIRST_CLASS = -1
_FIRST_PACKED = _FIRST_CLASS - CLASSES
_ALIKE = np.array([0x00, 0x55, 0xAA, 0xFF], np.uint8)  # four voxels of each class
_NO_VOXELS = np.zeros((0, 3), np.int32)


class VoxelMap:
    """Holds blocks of voxels; a voxel's index in its block is (x * 8 + y) * 8 + z.

    Attributes:
        resolution: m, edge of a voxel.
        most_blocks: Beyond this many, nothing new is stored and `is_full` is true.
        version: Counts the changes; that of a block is the version at its last change.
    """

    def __init__(
        self, resolution: float = 0.05, most_blocks: int = 200_000, loops: Loops | None = None
    ):
        self.resolution = resolution
        self.most_blocks = most_blocks
        self.version = 0
        self._loops = loops or usual_loops()
        self._index: BlockIndex
        self._empty()

    @property
    def block_size(self) -> float:
        """Edge of a block in m."""
        return BLOCK_EDGE_VOXELS * self.resolution

    @property
    def block_count(self) -> int:
        """Number of blocks of which something is known."""
        return len(self._index.keys)

    @property
    def keys(self) -> np.ndarray:
        """Return (blocks,) int64 keys of the blocks."""
        return self._index.keys

    @property
    def coordinates(self) -> np.ndarray:
        """Return (blocks, 3) int32; block (i, j, k) starts at (i, j, k) * block_size."""
        return coordinates_of(self._index.keys)

    @property
    def log_odds(self) -> np.ndarray:
        """Return (blocks, 512) int8 in steps of LOG_ODDS_STEP, or UNKNOWN_VOXEL: a copy."""
        return self.values_in(np.arange(self.block_count))

    @property
    def seen_at(self) -> np.ndarray:
        """Return (blocks,) uint32 s when each block was last measured."""
        return self._seen_at[: self.block_count]

    @property
    def versions(self) -> np.ndarray:
        """Return (blocks,) uint32 versions of the last change of each block."""
        return self._versions[: self.block_count]

    @property
    def bytes_held(self) -> int:
        """Return the size of all that is stored, bytes."""
        arrays = [self._bytes.rows, self._packed.rows, self._places, self._seen_at]
        arrays += [self._versions, self._is_changed]
        # An entry of the index: a key, and at most three places of its table.
        return sum(array.nbytes for array in arrays) + self.block_count * (8 + 3 * 4)

    def clear(self) -> None:
        """Forget all blocks."""
        self._empty()
        self.version += 1

    def add_blocks(self, coordinates: np.ndarray, log_odds: np.ndarray, now: float = 0.0) -> None:
        """Replace the content of some blocks: (n, 3) coordinates, (n, 512) stored values."""
        rows = self._rows_of(keys_of(coordinates))
        kept = rows >= 0
        slots = self._slots_of(rows[kept])  # first: it may move the rows
        self._bytes.rows[slots] = log_odds[kept]
        self._stamp(rows[kept], now)

    def add_packed(
        self, keys: np.ndarray, packed: np.ndarray, seen_at: np.ndarray, versions: np.ndarray
    ) -> None:
        """Replace the content of some blocks by classes: (n,) distinct keys, (n, 128) uint8.

        `seen_at` (n,) s is when their source looked at them last, `versions` (n,) are its own.
        """
        rows = self._rows_of(keys)
        kept = np.flatnonzero(rows >= 0)
        rows = rows[kept]
        packed = packed[kept]
        self._give_back(rows)
        is_mixed = (packed != packed[:, :1]).any(axis=1) | (
            packed[:, 0] != _ALIKE[packed[:, 0] & 3]
        )
        self._places[rows[~is_mixed]] = _FIRST_CLASS - (packed[~is_mixed, 0] & 3).astype(np.int32)
        self._places[rows[is_mixed]] = _FIRST_PACKED - self._put_packed(packed[is_mixed])
        self._stamp(rows, seen_at[kept])
        self._versions[rows] = versions[kept]

    def packed_in(self, rows: np.ndarray) -> np.ndarray:
        """Return the classes of blocks by their numbers, (n, 128) uint8."""
        places = self._places[rows]
        packed = np.empty((len(rows), PACKED_BLOCK_BYTES), np.uint8)
        is_bytes = places >= 0
        packed[is_bytes] = self._loops.pack(self._bytes.rows, places[is_bytes])[0]
        is_packed = places <= _FIRST_PACKED
        packed[is_packed] = self._packed.rows[_FIRST_PACKED - places[is_packed]]
        is_uniform = ~is_bytes & ~is_packed
        packed[is_uniform] = _ALIKE[_FIRST_CLASS - places[is_uniform], None]
        return packed

    def take_changed(self) -> np.ndarray:
        """Return the keys of the blocks that changed since the last call, (n,) int64."""
        rows = np.flatnonzero(self._is_changed[: self.block_count])
        self._is_changed[rows] = False
        return self._index.keys[rows]

    def integrate(
        self, hits: np.ndarray, free_coordinates: np.ndarray, free: np.ndarray, now: float = 0.0
    ) -> None:
        """Fuse one measurement: (n, 3) voxels with an end point, (k, 3) blocks with free voxels.

        The blocks' free voxels are (k, 512) booleans. Each voxel changes once, and a hit outweighs
        a passing ray.
        """
        keys = keys_of(hits >> 3)
        block_keys, numbers = np.unique(keys, return_inverse=True)
        found = PointVoxels(
            np.ascontiguousarray(hits, np.int32), numbers.astype(np.int32), block_keys
        )
        rows = np.arange(len(free), dtype=np.int32)
        self.fuse(found, OpenBlocks(free_coordinates, rows, free.astype(np.uint8)), now)

    def fuse(self, hits: PointVoxels, blocks: OpenBlocks, now: float = 0.0) -> None:
        """Fuse one measurement of the instant `now`, s."""
        rows = self._rows_of(np.concatenate([hits.block_keys, keys_of(blocks.coordinates)]))
        slots = np.full(len(rows), -1, np.int32)
        kept = np.flatnonzero(rows >= 0)
        slots[kept] = self._slots_of(rows[kept])
        of_hits = slots[: len(hits.block_keys)]
        of_blocks = slots[len(hits.block_keys) :]
        self._loops.fuse(self._bytes.rows, hits, of_hits, blocks, of_blocks)
        self._stamp(rows[kept], now)

    def settle(self, now: float) -> None:
        """Keep only the classes of blocks that nobody has looked at for EVIDENCE_STALE_S."""
        age = np.abs(now - self.seen_at)  # of the future, too: a clock was set back
        rows = np.flatnonzero((self._places[: self.block_count] >= 0) & (age > EVIDENCE_STALE_S))
        if not len(rows):
            return
        slots = self._places[rows]
        packed, uniform = self._loops.pack(self._bytes.rows, slots)
        self._bytes.give(slots)
        is_mixed = uniform == MIXED_BLOCK
        self._places[rows[~is_mixed]] = _FIRST_CLASS - uniform[~is_mixed].astype(np.int32)
        self._places[rows[is_mixed]] = _FIRST_PACKED - self._put_packed(packed[is_mixed])
        self._is_changed[rows] = True  # what is weaker may be outvoted

    def keep_near(self, position: np.ndarray) -> None:
        """Forget the blocks farthest from (3,) m once nine tenths of the room are taken.

        Then 20 % of the room is free; so a robot that walks on is never full.
        """
        if self.block_count <= MOST_FULL * self.most_blocks:
            return
        centres = (self.coordinates + 0.5) * self.block_size
        distances = np.linalg.norm(centres - position, axis=1)
        kept = int(AFTER_FORGETTING * self.most_blocks)
        self.forget(distances > np.partition(distances, kept)[kept])

    def forget(self, is_forgotten: np.ndarray) -> None:
        """Forget blocks; `is_forgotten` (blocks,) booleans."""
        self._give_back(np.flatnonzero(is_forgotten))
        kept = np.flatnonzero(~is_forgotten)
        keys = self._index.keys[kept]
        self._index = self._loops.make_index()
        self._index.add(keys, len(keys))
        for array in (self._places, self._seen_at, self._versions, self._is_changed):
            array[: len(kept)] = array[kept]
        self.is_full = False
        self.version += 1

    def hits_of(self, points: np.ndarray) -> PointVoxels:
        """Return the distinct voxels that hold (n, 3) points in m."""
        return self._loops.voxels_of(points, self.resolution)

    def rows_of(self, keys: np.ndarray) -> np.ndarray:
        """Return (n,) int32 numbers of the blocks with these keys; -1 for those unknown."""
        return self._index.find(keys)

    def values_in(self, rows: np.ndarray) -> np.ndarray:
        """Return (n, 512) stored values of blocks by their numbers; -1 = an unknown block."""
        places = np.where(rows >= 0, self._places[rows], _FIRST_CLASS - UNKNOWN_CLASS)
        values = np.empty((len(rows), BLOCK_VOXELS), np.int8)
        is_bytes = places >= 0
        values[is_bytes] = self._bytes.rows[places[is_bytes]]
        is_packed = places <= _FIRST_PACKED
        packed = self._packed.rows[_FIRST_PACKED - places[is_packed]]
        values[is_packed] = self._loops.unpack(packed)
        is_uniform = ~is_bytes & ~is_packed
        values[is_uniform] = CLASS_VALUES[_FIRST_CLASS - places[is_uniform], None]
        return values

    def values_of(self, voxels: np.ndarray) -> np.ndarray:
        """Return (n,) stored values of (n, 3) int32 voxels; adds nothing to the map."""
        rows = self._index.find(keys_of(voxels >> 3))
        places = np.where(rows >= 0, self._places[rows], _FIRST_CLASS - UNKNOWN_CLASS)
        inside = places_of(voxels)
        values = self._bytes.rows[np.maximum(places, 0), inside]
        packed = np.maximum(_FIRST_PACKED - places, 0) * (places <= _FIRST_PACKED)
        classes = self._packed.rows[packed, inside >> 2] >> (2 * (inside & 3)).astype(np.uint8) & 3
        is_uniform = (places < 0) & (places > _FIRST_PACKED)
        classes = np.where(is_uniform, _FIRST_CLASS - places, classes)
        return np.where(places >= 0, values, CLASS_VALUES[np.where(places >= 0, 0, classes)])

    def occupied_voxels(self) -> np.ndarray:
        """Return (n, 3) int32 coordinates of the occupied voxels.

        The centre of voxel i is at (i + 0.5) * resolution.
        """
        found = [_NO_VOXELS]
        for blocks, values in self.chunks():
            found.append(occupied_in(blocks, values))
        return np.concatenate(found)

    def occupied_centres(self) -> np.ndarray:
        """Return the centres of the occupied voxels, (n, 3) float32 in m."""
        return (self.occupied_voxels() + np.float32(0.5)) * np.float32(self.resolution)

    def chunks(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield (n, 3) coordinates and (n, 512) values of the blocks that are not free throughout.

        Free and unknown blocks, which are most of a map, are left out: who looks for surfaces
        needs none of them.
        """
        places = self._places[: self.block_count]
        is_dull = (places < 0) & (places > _FIRST_CLASS - CLASSES + 1)
        rows = np.flatnonzero(~is_dull)
        for start in range(0, len(rows), _CHUNK):
            part = rows[start : start + _CHUNK]
            yield coordinates_of(self._index.keys[part]), self.values_in(part)

    def _empty(self) -> None:
        self._index = self._loops.make_index()
        self._bytes = RowPool(BLOCK_VOXELS, np.int8)
        self._packed = RowPool(PACKED_BLOCK_BYTES, np.uint8)
        self._places: np.ndarray = np.empty(_LEAST_ROWS, np.int32)
        self._seen_at: np.ndarray = np.empty(_LEAST_ROWS, np.uint32)
        self._versions: np.ndarray = np.empty(_LEAST_ROWS, np.uint32)
        self._is_changed: np.ndarray = np.empty(_LEAST_ROWS, bool)
        self.is_full = False

    def _rows_of(self, keys: np.ndarray) -> np.ndarray:
        """Return (n,) rows of keys, made where missing; -1 where the map is full."""
        known = self.block_count
        rows = self._index.add(keys, self.most_blocks)
        self.is_full |= bool((rows < 0).any())
        if self.block_count > len(self._places):
            self._grow(self.block_count)
        self._places[known : self.block_count] = _FIRST_CLASS - UNKNOWN_CLASS
        return rows

    def _grow(self, rows: int) -> None:
        capacity = max(rows, len(self._places) * 5 // 4)
        self._places = np.resize(self._places, capacity)
        self._seen_at = np.resize(self._seen_at, capacity)
        self._versions = np.resize(self._versions, capacity)
        self._is_changed = np.resize(self._is_changed, capacity)

    def _slots_of(self, rows: np.ndarray) -> np.ndarray:
        """Return where (n,) blocks hold a byte a voxel, (n,) int32; unfolds those that do not."""
        folded = np.unique(rows[self._places[rows] < 0])
        if len(folded):
            values = self.values_in(folded)
            self._give_back(folded)
            slots = self._bytes.take(len(folded))
            self._bytes.rows[slots] = values
            self._places[folded] = slots
        return self._places[rows]

    def _put_packed(self, packed: np.ndarray) -> np.ndarray:
        slots = self._packed.take(len(packed))
        self._packed.rows[slots] = packed
        return slots

    def _give_back(self, rows: np.ndarray) -> None:
        """Free the storage of some blocks, which then hold nothing."""
        places = self._places[rows]
        self._bytes.give(places[places >= 0])
        self._packed.give(_FIRST_PACKED - places[places <= _FIRST_PACKED])
        self._places[rows] = _FIRST_CLASS - UNKNOWN_CLASS

    def _stamp(self, rows: np.ndarray, now: float | np.ndarray) -> None:
        self.version += 1
        self._versions[rows] = self.version
        self._seen_at[rows] = now
        self._is_changed[rows] = True
