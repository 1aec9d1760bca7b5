# SPDX-License-Identifier: Apache-2.0
"""Estimates the height of the ground around the robot, a Kalman filter per cell of a moving grid.

After Fankhauser et al., "Robot-centric elevation mapping with uncertainty estimates", CLAWAR 2014,
without its fusion over the horizontal uncertainty.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from talus_core.parameters import parameter

# Points this far below the highest of a cell belong to the same surface; those lower are the ground
# beyond an edge.
SURFACE_LAYER_M = 0.03
FLOOR_DEVIATION_M = (
    # m, of one measurement of a cell with any number of points: unevenness in 4 cm, calibration
    0.004
)
GATE_DEVIATIONS = (
    3.0  # standard deviations; what differs more is another surface and replaces the old one
)
# m, added to the gate: the errors of encoders and estimator are not in the variances
GATE_EXTRA_M = 0.02


@dataclass(frozen=True)
class ElevationConfig:
    """Hold the parameters of the elevation map."""

    size_m: float = parameter(4.0, "Edge of the square: four strides ahead at 0.5 m.", 1.0, 20.0)
    resolution_m: float = parameter(0.04, "Edge of a cell: a sixth of a foot's length.", 0.01, 0.2)
    overhang_m: float = parameter(
        0.6,
        "What is higher above the feet is no step: above the knee of a robot of 1.73 m.",
        0.1,
        2.0,
    )
    drift_mm_per_root_s: float = parameter(
        5.0, "Random walk of the estimated height: 1 % of the distance at 0.5 m/s.", 0.0, 100.0
    )


class ElevationGrid:
    """A square grid centred on the robot, its axes those of the map frame; NaN = never seen.

    Attributes:
        elevation: (cells, cells) m, row = y, column = x.
        variance: (cells, cells) m^2.
        corner: (2,) int: x and y of cell (0, 0) in cells from the map's origin.
    """

    def __init__(self, config: ElevationConfig | None = None):
        self._config = config or ElevationConfig()
        self.cells = round(self._config.size_m / self._config.resolution_m)
        self.corner = np.full(2, -(self.cells // 2))
        self._time: float | None = None
        self.clear()

    @property
    def resolution(self) -> float:
        """Edge of a cell, m."""
        return self._config.resolution_m

    @property
    def origin(self) -> np.ndarray:
        """Return the corner of cell (0, 0), (2,) m."""
        return self.corner * self.resolution

    def clear(self) -> None:
        """Forget all heights and variances."""
        self.elevation = np.full((self.cells, self.cells), np.nan, np.float32)
        self.variance = np.full((self.cells, self.cells), np.nan, np.float32)

    def centre_on(self, position: np.ndarray) -> None:
        """Move the grid so that its middle is at (2,) m, keeping what stays inside."""
        corner = np.round(np.asarray(position) / self.resolution).astype(int) - self.cells // 2
        columns, rows = corner - self.corner
        self.corner = corner
        for layer in (self.elevation, self.variance):
            _shift(layer, int(rows), int(columns))

    def integrate(
        self, points: np.ndarray, variances: np.ndarray, ground: float, now: float
    ) -> None:
        """Fuse (n, 3) points in the map frame, m, with the (n,) variances of their heights, m^2.

        Args:
            points: End points of one depth image, the robot's own removed.
            variances: Variances of the points' heights.
            ground: Height of the robot's feet, m.
            now: Time, s.
        """
        self._age(now)
        place = np.floor(points[:, :2] / self.resolution).astype(int) - self.corner
        usable = ((place >= 0) & (place < self.cells)).all(axis=1) & (
            points[:, 2] < ground + self._config.overhang_m
        )
        cell = place[usable, 1] * self.cells + place[usable, 0]
        seen, height, variance = _surfaces(
            cell, points[usable, 2], variances[usable], self.cells**2
        )
        old = self.elevation.ravel()[seen]
        old_variance = self.variance.ravel()[seen]
        innovation = height - old
        is_same = (
            np.abs(innovation) < GATE_DEVIATIONS * np.sqrt(old_variance + variance) + GATE_EXTRA_M
        )  # false for NaN
        gain = np.where(is_same, old_variance / (old_variance + variance), 1.0)
        self.elevation.ravel()[seen] = np.where(is_same, old + gain * innovation, height)
        self.variance.ravel()[seen] = np.where(is_same, (1.0 - gain) * old_variance, variance)

    def _age(self, now: float) -> None:
        elapsed = 0.0 if self._time is None else max(now - self._time, 0.0)
        self._time = now
        self.variance += np.float32((1e-3 * self._config.drift_mm_per_root_s) ** 2 * elapsed)


def _surfaces(
    cell: np.ndarray, height: np.ndarray, variance: np.ndarray, cells: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return indices of cells with points, and height and variance of their highest surfaces."""
    highest = np.full(cells, -np.inf, height.dtype)
    np.maximum.at(highest, cell, height)
    on_top = height > highest[cell] - SURFACE_LAYER_M - 2.0 * np.sqrt(variance)
    cell = cell[on_top]
    height = height[on_top]
    variance = variance[on_top]
    count = np.bincount(cell, minlength=cells)
    seen = np.flatnonzero(count)
    count = count[seen]
    mean = np.bincount(cell, height, cells)[seen] / count
    return seen, mean, np.bincount(cell, variance, cells)[seen] / count**2 + FLOOR_DEVIATION_M**2


def _shift(layer: np.ndarray, rows: int, columns: int) -> None:
    """Move a layer by whole cells in place: (i, j) gets what was at (i + rows, j + columns)."""
    height, width = layer.shape
    old = layer.copy()
    layer[:] = np.nan
    if abs(rows) < height and abs(columns) < width:
        to = (
            slice(max(-rows, 0), height - max(rows, 0)),
            slice(max(-columns, 0), width - max(columns, 0)),
        )
        start = (
            slice(max(rows, 0), height - max(-rows, 0)),
            slice(max(columns, 0), width - max(-columns, 0)),
        )
        layer[to] = old[start]
