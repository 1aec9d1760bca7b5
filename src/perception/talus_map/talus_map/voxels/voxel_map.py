# SPDX-License-Identifier: Apache-2.0
"""Stores log-odds of occupancy sparsely, in blocks of 8 x 8 x 8 voxels found by coordinates."""

from __future__ import annotations

import numpy as np

BLOCK_EDGE_VOXELS = 8  # voxels along an edge of a block
BLOCK_VOXELS = BLOCK_EDGE_VOXELS**3
UNKNOWN_VOXEL = np.int8(-128)  # the stored value of a voxel of which nothing was measured
LOG_ODDS_STEP = (
    0.05  # log-odds per step of the stored int8: the clamping range below needs 110 of 255 steps
)

# Log-odds of OctoMap's sensor model (Hornung et al., Autonomous Robots 2013, section 5.1).
HIT_LOG_ODDS = 0.85  # an end point inside: p = 0.7
MISS_LOG_ODDS = -0.4  # a ray passed: p = 0.4
LOWEST_LOG_ODDS = -2.0  # p = 0.12: a free voxel turns occupied after 4 hits
HIGHEST_LOG_ODDS = (
    3.5  # p = 0.97: an occupied voxel turns free after 9 misses, at 10 Hz within a second
)
OCCUPIED_LOG_ODDS = 0.85  # p = 0.7, more than one hit: a single stray point is not an obstacle

_BITS = 21  # of each coordinate in a key: +-1 048 576 blocks are +-419 km at 5 cm
FURTHEST_BLOCK = 1 << (_BITS - 1)  # coordinates are from its negative to one below it
_BIAS = FURTHEST_BLOCK
_MASK = (1 << _BITS) - 1
_CAPACITY = 1024  # blocks at the start, 0.5 MB


# The thresholds in stored steps.
_HIT, _MISS, _LOWEST, _HIGHEST, _OCCUPIED = (
    np.int8(round(value / LOG_ODDS_STEP))
    for value in (HIT_LOG_ODDS, MISS_LOG_ODDS, LOWEST_LOG_ODDS, HIGHEST_LOG_ODDS, OCCUPIED_LOG_ODDS)
)


def after_hit(log_odds: np.ndarray) -> np.ndarray:
    """Return the stored values after an end point inside."""
    return np.where(log_odds == UNKNOWN_VOXEL, _HIT, np.minimum(log_odds, _HIGHEST - _HIT) + _HIT)


def after_miss(log_odds: np.ndarray) -> np.ndarray:
    """Return the stored values after a ray that passed."""
    return np.where(log_odds == UNKNOWN_VOXEL, _MISS, np.maximum(log_odds, _LOWEST - _MISS) + _MISS)


def keys_of(coordinates: np.ndarray) -> np.ndarray:
    """Return (n, 3) integer coordinates as (n,) int64 keys, one to one within +-2^20."""
    biased = coordinates.astype(np.int64) + _BIAS
    return (biased[:, 0] << 2 * _BITS) | (biased[:, 1] << _BITS) | biased[:, 2]


def coordinates_of(keys: np.ndarray) -> np.ndarray:
    """Return (n,) keys as (n, 3) int32 coordinates."""
    columns = (keys >> 2 * _BITS, keys >> _BITS, keys)
    return np.stack([(column & _MASK) - _BIAS for column in columns], axis=1).astype(np.int32)


def is_occupied(log_odds: np.ndarray) -> np.ndarray:
    """Return which stored values are occupied, booleans."""
    return log_odds > _OCCUPIED


def is_free(log_odds: np.ndarray) -> np.ndarray:
    """Return which stored values are free, booleans.

    What is neither occupied nor free is unknown or undecided.
    """
    return (log_odds < 0) & (log_odds != UNKNOWN_VOXEL)


class VoxelMap:
    """Holds blocks of voxels; a voxel's index in its block is (x * 8 + y) * 8 + z.

    Attributes:
        resolution: m, edge of a voxel.
        most_blocks: Beyond this many, nothing new is stored and `is_full` is true.
    """

    def __init__(self, resolution: float = 0.05, most_blocks: int = 200_000):
        self.resolution = resolution
        self.most_blocks = most_blocks
        self.is_full = False
        self._slots: dict[int, int] = {}
        self._coordinates = np.zeros((_CAPACITY, 3), np.int32)
        self._log_odds = np.full((_CAPACITY, BLOCK_VOXELS), UNKNOWN_VOXEL)

    @property
    def block_size(self) -> float:
        """Edge of a block in m."""
        return BLOCK_EDGE_VOXELS * self.resolution

    @property
    def block_count(self) -> int:
        """Number of blocks of which something is known."""
        return len(self._slots)

    @property
    def coordinates(self) -> np.ndarray:
        """Return (blocks, 3) int32; block (i, j, k) starts at (i, j, k) * block_size."""
        return self._coordinates[: self.block_count]

    @property
    def log_odds(self) -> np.ndarray:
        """Return (blocks, 512) int8 in steps of QUANTUM, or UNKNOWN: a view for reading."""
        return self._log_odds[: self.block_count]

    def clear(self) -> None:
        """Forget all blocks and their voxels."""
        self._slots.clear()
        self._log_odds[:] = UNKNOWN_VOXEL
        self.is_full = False

    def add_blocks(self, coordinates: np.ndarray, log_odds: np.ndarray) -> None:
        """Replace the content of some blocks: (n, 3) coordinates, (n, 512) stored values."""
        slots = self._slots_of(coordinates)
        kept = slots >= 0
        self._log_odds[slots[kept]] = log_odds[kept]

    def integrate(self, hits: np.ndarray, free_coordinates: np.ndarray, free: np.ndarray) -> None:
        """Fuse one measurement: (n, 3) voxels with an end point, (k, 3) blocks with free voxels.

        The blocks' free voxels are (k, 512) booleans. Each voxel changes once, and a hit outweighs
        a passing ray.
        """
        hit_slots, hit_places = self._places(hits)
        hit_values = after_hit(self._log_odds[hit_slots, hit_places])
        slots = self._slots_of(free_coordinates)
        if self.is_full:
            has_room = slots >= 0
            slots = slots[has_room]
            free = free[has_room]
        values = self._log_odds[slots]
        np.copyto(values, after_miss(values), where=free)
        self._log_odds[slots] = values
        self._log_odds[hit_slots, hit_places] = hit_values

    def voxels_of(self, points: np.ndarray) -> np.ndarray:
        """Return the distinct voxels that hold (n, 3) points in m, (m, 3) int32."""
        voxels = np.floor(points * np.float32(1.0 / self.resolution)).astype(np.int32)
        return coordinates_of(_distinct(keys_of(voxels)))

    def values_of(self, voxels: np.ndarray) -> np.ndarray:
        """Return (n,) stored values of (n, 3) int32 voxels; adds nothing to the map."""
        keys = keys_of(voxels >> 3)
        blocks = _distinct(keys)
        slots = np.array([self._slots.get(key, -1) for key in blocks.tolist()], dtype=np.int64)
        slots = slots[np.searchsorted(blocks, keys)]
        return np.where(slots >= 0, self._log_odds[slots, _place(voxels)], UNKNOWN_VOXEL)

    def occupied_voxels(self) -> np.ndarray:
        """Return (n, 3) int32 coordinates of the occupied voxels.

        The centre of voxel i is at (i + 0.5) * resolution.
        """
        blocks, places = np.nonzero(is_occupied(self.log_odds))
        local = np.stack(np.unravel_index(places, (BLOCK_EDGE_VOXELS,) * 3), axis=1)
        return (self._coordinates[blocks] * BLOCK_EDGE_VOXELS + local).astype(np.int32)

    def occupied_centres(self) -> np.ndarray:
        """Return the centres of the occupied voxels, (n, 3) float32 in m."""
        return (self.occupied_voxels() + np.float32(0.5)) * np.float32(self.resolution)

    def _places(self, voxels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return slots and indices in them of (n, 3) voxels, leaving out those without room."""
        keys = keys_of(voxels >> 3)
        blocks = _distinct(keys)
        slots = self._slots_of(coordinates_of(blocks))[np.searchsorted(blocks, keys)]
        return slots[slots >= 0], _place(voxels)[slots >= 0]

    def _slots_of(self, coordinates: np.ndarray) -> np.ndarray:
        """Return (n,) slots of (n, 3) blocks, made where missing; -1 where the map is full."""
        slots = self._slots
        keys = keys_of(coordinates).tolist()
        new = [key for key in dict.fromkeys(keys) if key not in slots]
        room = self.most_blocks - len(slots)
        self.is_full |= len(new) > room
        for key in new[:room]:
            slots[key] = len(slots)
        if added := new[:room]:
            self._grow(len(slots))
            self._coordinates[len(slots) - len(added) : len(slots)] = coordinates_of(
                np.array(added)
            )
        return np.array([slots.get(key, -1) for key in keys], dtype=np.int64)

    def _grow(self, blocks: int) -> None:
        capacity = len(self._log_odds)
        if blocks <= capacity:
            return
        more = max(blocks, 2 * capacity) - capacity
        self._coordinates = np.concatenate([self._coordinates, np.zeros((more, 3), np.int32)])
        self._log_odds = np.concatenate(
            [self._log_odds, np.full((more, BLOCK_VOXELS), UNKNOWN_VOXEL)]
        )


def _distinct(keys: np.ndarray) -> np.ndarray:
    """Return sorted distinct values; ten times faster on short integer arrays than numpy.unique."""
    keys = np.sort(keys)
    return keys[np.concatenate([np.ones(min(len(keys), 1), bool), keys[1:] != keys[:-1]])]


def _place(voxels: np.ndarray) -> np.ndarray:
    """Return the index of each voxel in its block, (n,)."""
    local = voxels & (BLOCK_EDGE_VOXELS - 1)
    return (local[:, 0] * BLOCK_EDGE_VOXELS + local[:, 1]) * BLOCK_EDGE_VOXELS + local[:, 2]
