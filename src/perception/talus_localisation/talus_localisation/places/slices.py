# SPDX-License-Identifier: Apache-2.0
"""Holds upright surfaces around a place as a stack of plans, one for each range of heights."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from talus_localisation.matching.matcher import WALL_NORMAL_LIMIT
from talus_localisation.matching.surfels import Surfels

# Heights over the floor, m: below a table's top, to the shoulder of a person, over people's heads.
SLICES_M = ((0.15, 0.65), (0.65, 1.35), (1.35, 2.2))


@dataclass(frozen=True)
class SlicedPoints:
    """Holds upright surfaces of a view: where, and in which slice.

    Attributes:
        points: (n, 2) m, in the level frame of the view.
        slices: (n,) numbers of slices.
    """

    points: np.ndarray
    slices: np.ndarray

    def __len__(self) -> int:
        return len(self.points)


def sliced(surfels: Surfels, floor: float, cell: float) -> SlicedPoints:
    """Return the upright ones among surfels, one of each cell and slice.

    Args:
        surfels: In a level frame.
        floor: Height of the floor in it, m.
        cell: Edge of a cell, m.
    """
    upright = np.abs(surfels.normals[:, 2]) < WALL_NORMAL_LIMIT
    points = surfels.points[upright]
    edges = np.array([low for low, _ in SLICES_M] + [SLICES_M[-1][1]])
    slices = np.searchsorted(edges, points[:, 2] - floor, side="right") - 1
    inside = (slices >= 0) & (slices < len(SLICES_M))
    points = points[inside, :2]
    slices = slices[inside]
    keys = np.column_stack([np.floor(points / cell).astype(int), slices])
    _, first = np.unique(keys, axis=0, return_index=True)
    return SlicedPoints(points[first], slices[first])
