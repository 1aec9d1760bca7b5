# SPDX-License-Identifier: Apache-2.0
"""Sums what several sources know: camera groups of this robot, and other robots.

Each source has a layer that only it changes, and of each block the newest version counts. So what
arrives may arrive in any order, and twice. The map is the bounded sum of the layers. A mark that
its source made within EVIDENCE_STALE_S of the newest look at its block stands against all others;
older evidence has the strength of its class, and fresh evidence of anybody outvotes it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from talus_core.errors import RefusedInputError

from talus_map.loops.choice import usual_loops
from talus_map.loops.in_numpy import NumpyLoops
from talus_map.loops.seam import Loops
from talus_map.voxels.block import (
    BLOCK_VOXELS,
    EVIDENCE_STALE_S,
    PACKED_BLOCK_BYTES,
    UNKNOWN_VOXEL,
    keys_of,
)
from talus_map.voxels.voxel_map import VoxelMap


@dataclass(frozen=True)
class BlockDelta:
    """Hold blocks of one source, as others need them.

    Attributes:
        source: Name of the source.
        resolution: m, edge of a voxel.
        keys: (n,) int64.
        versions: (n,) uint32, counted by the source.
        seen_at: (n,) uint32 s, when the source looked at each last.
        packed: (n, 128) uint8 classes of the voxels.
    """

    source: str
    resolution: float
    keys: np.ndarray
    versions: np.ndarray
    seen_at: np.ndarray
    packed: np.ndarray


class SharedMap:
    """Holds a layer for each source, and answers for all of them together."""

    def __init__(
        self, resolution: float = 0.05, most_blocks: int = 200_000, loops: Loops | None = None
    ):
        """Make a map without layers; each may hold `most_blocks`."""
        self.resolution = resolution
        self._most_blocks = most_blocks
        self._loops = loops or usual_loops()
        self._layers: dict[str, VoxelMap] = {}

    @property
    def sources(self) -> tuple[str, ...]:
        """Return the names of the sources."""
        return tuple(self._layers)

    @property
    def bytes_held(self) -> int:
        """Return the size of all layers, bytes."""
        return sum(layer.bytes_held for layer in self._layers.values())

    def layer(self, source: str) -> VoxelMap:
        """Return what a source knows; nothing at first."""
        if source not in self._layers:
            self._layers[source] = VoxelMap(self.resolution, self._most_blocks, self._loops)
        return self._layers[source]

    def clear(self) -> None:
        """Forget what all sources said."""
        for layer in self._layers.values():
            layer.clear()

    def delta(self, source: str, since: int = 0) -> BlockDelta:
        """Return the blocks of a source that changed after its version `since`."""
        layer = self.layer(source)
        rows = np.flatnonzero(layer.versions > since)
        return BlockDelta(
            source,
            self.resolution,
            layer.keys[rows],
            layer.versions[rows],
            layer.seen_at[rows],
            layer.packed_in(rows),
        )

    def merge(self, delta: BlockDelta) -> int:
        """Take the blocks that are newer than what is known of their source; return how many.

        Raises RefusedInputError for what is no delta of such a map, which then changes nothing.
        """
        _check(delta, self.resolution)
        layer = self.layer(delta.source)
        newest = _newest(delta.keys, delta.versions)
        keys = delta.keys[newest]
        versions = delta.versions[newest]
        rows = layer.rows_of(keys)
        is_newer = rows < 0
        known = np.flatnonzero(~is_newer)
        is_newer[known] = versions[known] > layer.versions[rows[known]]
        taken = newest[is_newer]
        layer.add_packed(
            keys[is_newer], delta.packed[taken], delta.seen_at[taken], versions[is_newer]
        )
        return len(taken)

    def take_changed(self) -> np.ndarray:
        """Return the keys of the blocks that changed since the last call, (n,) int64, sorted."""
        changed = [layer.take_changed() for layer in self._layers.values()]
        return np.unique(np.concatenate([*changed, np.zeros(0, np.int64)]))

    def values_in(self, keys: np.ndarray) -> np.ndarray:
        """Return (n, 512) stored values of the blocks with (n,) keys, all layers together."""
        layers = tuple(self._layers.values())
        values = [layer.values_in(layer.rows_of(keys)) for layer in layers]
        if not layers:
            return np.full((len(keys), BLOCK_VOXELS), UNKNOWN_VOXEL)
        if len(layers) == 1:
            return values[0]
        is_fresh = _fresh([self._looks(layer, keys) for layer in layers])
        return self._loops.total(np.stack(values), is_fresh)

    def values_of(self, voxels: np.ndarray) -> np.ndarray:
        """Return (n,) stored values of (n, 3) int32 voxels, all layers together."""
        if not self._layers:
            return np.full(len(voxels), UNKNOWN_VOXEL)
        values = np.stack([layer.values_of(voxels) for layer in self._layers.values()])
        is_fresh = _fresh(
            [self._looks(layer, keys_of(voxels >> 3)) for layer in self._layers.values()]
        )
        return NumpyLoops().total(values[..., None], is_fresh)[:, 0]

    @staticmethod
    def _looks(layer: VoxelMap, keys: np.ndarray) -> np.ndarray:
        """Return when a source looked at blocks last, (n,) s; -inf for never."""
        rows = layer.rows_of(keys)
        seen_at = np.append(layer.seen_at.astype(float), -np.inf)
        return seen_at[rows]


def _fresh(looks: list[np.ndarray]) -> np.ndarray:
    """Return which looks of (layers, n) s were within EVIDENCE_STALE_S of the newest one."""
    stacked = np.stack(looks)
    return stacked >= stacked.max(axis=0) - EVIDENCE_STALE_S


def _newest(keys: np.ndarray, versions: np.ndarray) -> np.ndarray:
    """Return where the newest version of each key stands, (m,), in the order of keys."""
    order = np.lexsort((versions, keys))
    is_last = np.ones(len(order), bool)
    is_last[:-1] = keys[order[1:]] != keys[order[:-1]]
    return order[is_last]


def _check(delta: BlockDelta, resolution: float) -> None:
    """Raise RefusedInputError for a delta that does not fit."""
    blocks = len(delta.keys)
    wanted = {
        "keys": ((blocks,), np.int64),
        "versions": ((blocks,), np.uint32),
        "seen_at": ((blocks,), np.uint32),
        "packed": ((blocks, PACKED_BLOCK_BYTES), np.uint8),
    }
    given = {
        "keys": delta.keys,
        "versions": delta.versions,
        "seen_at": delta.seen_at,
        "packed": delta.packed,
    }
    for name, (shape, dtype) in wanted.items():
        array = given[name]
        if array.shape != shape or array.dtype != dtype:
            raise RefusedInputError(
                f"a delta of '{delta.source}' whose {name} are {array.dtype}{array.shape}; "
                f"{np.dtype(dtype)}{shape} works"
            )
    if delta.resolution != resolution:
        raise RefusedInputError(
            f"a delta of '{delta.source}' with voxels of {delta.resolution} m; the map has "
            f"{resolution} m"
        )
    if blocks and delta.keys.min() < 0:
        raise RefusedInputError(f"a delta of '{delta.source}' with a negative key; 63 bits work")
