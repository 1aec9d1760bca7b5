# SPDX-License-Identifier: Apache-2.0
"""Holds heights of the ground around the robot, as the map has them (`map/elevation`)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class HeightGrid:
    """Holds heights on a grid along the axes of odom.

    Attributes:
        origin: (2,) corner of cell (0, 0), m.
        resolution: Edge length of a cell, m.
        heights: (rows, columns) heights, m, row = y, column = x; NaN where never seen.
    """

    origin: np.ndarray
    resolution: float
    heights: np.ndarray

    def at(self, points: np.ndarray) -> np.ndarray:
        """Return the heights (n,), m, under points (n, 2), m; NaN where they are not known."""
        cells = np.floor((points - self.origin) / self.resolution).astype(int)
        rows, columns = self.heights.shape
        inside = (
            (cells[:, 0] >= 0) & (cells[:, 0] < columns) & (cells[:, 1] >= 0) & (cells[:, 1] < rows)
        )
        found = np.full(len(points), np.nan)
        found[inside] = self.heights[cells[inside, 1], cells[inside, 0]]
        return found
