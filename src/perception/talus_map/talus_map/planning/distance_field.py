# SPDX-License-Identifier: Apache-2.0
"""Tells how far each voxel is from the nearest occupied one; only what changed is worked out anew.

Distances are exact up to FIELD_REACH_VOXELS between voxels' centres; farther ones are infinite.
"""

from __future__ import annotations

import numpy as np

from talus_map.loops.choice import usual_loops
from talus_map.loops.seam import FAR_SQUARE, FIELD_REACH_VOXELS, Loops
from talus_map.voxels.block import (
    BLOCK_EDGE_VOXELS,
    BLOCK_VOXELS,
    coordinates_of,
    keys_of,
    places_of,
)
from talus_map.voxels.shared_map import SharedMap

_AROUND = (
    np.stack(np.meshgrid(*[[-1, 0, 1]] * 3, indexing="ij"), -1).reshape(-1, 3).astype(np.int32)
)
_BITS_BYTES = BLOCK_VOXELS // 8
MOST_FIELD_BLOCKS = 40_000  # 20 MB: a square of 40 m with walls; then only what is near is kept


class DistanceField:
    """Follows the occupied voxels of a map.

    Attributes:
        updated: Blocks that the last update worked out.
    """

    def __init__(self, resolution: float, loops: Loops | None = None):
        self._resolution = resolution
        self._loops = loops or usual_loops()
        self.updated = 0
        self.clear()

    @property
    def reach(self) -> float:
        """Return the farthest distance that is told, m."""
        return FIELD_REACH_VOXELS * self._resolution

    def clear(self) -> None:
        """Forget all distances."""
        self._marks = self._loops.make_index()
        self._bits = np.zeros((1, _BITS_BYTES), np.uint8)
        self._field = self._loops.make_index()
        self._squares = np.zeros((1, BLOCK_VOXELS), np.uint8)

    def update(self, voxels: SharedMap, changed: np.ndarray, position: np.ndarray) -> None:
        """Take over what changed in a map: (n,) keys of blocks; the robot is at (3,) m."""
        if len(self._field.keys) > MOST_FIELD_BLOCKS:
            changed = np.union1d(changed, self._start_near(position))
        bits = self._loops.occupied_bits(voxels.values_in(changed))
        rows = self._marks.find(changed)
        before = np.where((rows >= 0)[:, None], self._bits[rows], np.uint8(0))
        differs = (bits != before).any(axis=1)
        keys = changed[differs]
        rows = self._marks.add(keys, 2**31 - 1)
        self._bits = _with_room(self._bits, len(self._marks.keys))
        self._bits[rows] = bits[differs]
        self._work_out(keys)

    def distances_at(self, points: np.ndarray) -> np.ndarray:
        """Return m from the voxels of (n, 3) points to the nearest occupied voxel, (n,) float32."""
        voxels = np.floor(points / self._resolution).astype(np.int32)
        rows = self._field.find(keys_of(voxels >> 3))
        squares = np.where(rows >= 0, self._squares[rows, places_of(voxels)], FAR_SQUARE)
        distances = np.sqrt(squares.astype(np.float32)) * np.float32(self._resolution)
        return np.where(squares == FAR_SQUARE, np.float32(np.inf), distances)

    def _work_out(self, keys: np.ndarray) -> None:
        """Work out the distances in and around blocks whose occupied voxels changed."""
        near = coordinates_of(keys)[:, None] + _AROUND
        wanted = np.unique(keys_of(near.reshape(-1, 3)))
        self.updated = len(wanted)
        rows = self._field.add(wanted, 2**31 - 1)
        self._squares = _with_room(self._squares, len(self._field.keys))
        around = keys_of((coordinates_of(wanted)[:, None] + _AROUND).reshape(-1, 3))
        neighbours = self._marks.find(around).reshape(-1, len(_AROUND))
        self._squares[rows] = self._loops.distances(self._bits, neighbours)

    def _start_near(self, position: np.ndarray) -> np.ndarray:
        """Forget all; return the keys of the nearer half, to be worked out anew."""
        keys = self._marks.keys.copy()
        centres = (coordinates_of(keys) + 0.5) * (BLOCK_EDGE_VOXELS * self._resolution)
        distances = np.linalg.norm(centres - position, axis=1)
        self.clear()
        return keys[distances <= np.median(distances)]


def _with_room(rows: np.ndarray, count: int) -> np.ndarray:
    """Return the array with room for `count` rows."""
    if count <= len(rows):
        return rows
    grown = np.zeros((max(count, len(rows) * 5 // 4), rows.shape[1]), rows.dtype)
    grown[: len(rows)] = rows
    return grown
