# SPDX-License-Identifier: Apache-2.0
"""Finds every place in a window where a view may lie on a map, by branch and bound.

As in Cartographer (Hess, Kohler, Rapp, Andor, ICRA 2016): plans whose cells hold the best value of
a square of 1, 2, 4... cells bound the score of all poses in that square, so that the best pose of
the window is found for certain without trying them all.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from itertools import count

import numpy as np
from talus_core.parameters import parameter
from talus_core.rotations import wrap_angle

from talus_localisation.places.slices import SLICES_M, SlicedPoints

SMEAR_M = 0.07  # deviation over which a surface's worth fades: what two views see of one wall
_BATCH = 64  # squares that are looked at together


@dataclass(frozen=True)
class SearchConfig:
    """Hold how places are searched for."""

    cell_m: float = parameter(0.05, "Edge of a cell of the plans: finer than SMEAR_M.", 0.02, 1.0)
    levels: int = parameter(7, "Squares of up to 2^levels cells: 6.4 m.", 1, 10)
    least_score: float = parameter(0.5, "Below it, a view does not lie on the map.", 0.1, 1.0)
    margin: float = parameter(
        0.1, "Share of the best score within which another place fits as well.", 0.0, 0.9
    )
    apart_m: float = parameter(1.0, "Places this far apart are two.", 0.1, 10.0)
    apart_rad: float = parameter(0.5, "Directions this far apart are two.", 0.05, 3.0)


@dataclass(frozen=True)
class Window:
    """Holds where to search: a square, and a range of directions.

    Attributes:
        centre: (2,) m.
        half: Half of the square's edge, m.
        yaw: Its middle direction, rad.
        half_yaw: Half of the range, rad; pi for all.
    """

    centre: np.ndarray
    half: float
    yaw: float = 0.0
    half_yaw: float = float(np.pi)


@dataclass(frozen=True)
class FittingPlace:
    """Holds one pose at which a view fits, and its score.

    Attributes:
        x, y: m, in the plan's frame.
        yaw: rad.
        score: Mean worth of the cells on which the view's points fall, 0 to 1.
    """

    x: float
    y: float
    yaw: float
    score: float


class Plans:
    """Holds slices of a map as plans, with the best values of squares of cells."""

    def __init__(self, points: SlicedPoints, config: SearchConfig | None = None):
        self.config = config or SearchConfig()
        cell = self.config.cell_m
        margin = 1 << self.config.levels
        cells = np.floor(points.points / cell).astype(int)
        self._origin = cells.min(axis=0) - margin if len(cells) else np.zeros(2, int)
        size = cells.max(axis=0) - self._origin + margin + 1 if len(cells) else np.ones(2, int)
        marked = np.zeros((len(SLICES_M), *size), np.float32)
        marked[points.slices, cells[:, 0] - self._origin[0], cells[:, 1] - self._origin[1]] = 1.0
        self._levels = [_smeared(marked, cell)]
        for level in range(self.config.levels):
            self._levels.append(_pooled(self._levels[-1], 1 << level))

    def find(self, view: SlicedPoints, window: Window) -> list[FittingPlace]:
        """Return the places where the view fits nearly as well as at the best, the best first."""
        if not len(view):
            return []
        search = _Search(self, view, window)
        return _distinct(search.run(), self.config)

    def worth(self, level: int, cells: np.ndarray, slices: np.ndarray) -> np.ndarray:
        """Return (k, n) values of squares that begin at (k, n, 2) cells, in (n,) slices."""
        plan = self._levels[level]
        rows = cells[..., 0] - self._origin[0]
        columns = cells[..., 1] - self._origin[1]
        inside = (rows >= 0) & (rows < plan.shape[1]) & (columns >= 0) & (columns < plan.shape[2])
        values = plan[slices, np.where(inside, rows, 0), np.where(inside, columns, 0)]
        return np.where(inside, values, np.float32(0.0))


class _Search:
    """Holds the state of one search: squares of poses, the most promising first."""

    def __init__(self, plans: Plans, view: SlicedPoints, window: Window):
        self._plans = plans
        self._config = plans.config
        self._slices = view.slices
        cell = self._config.cell_m
        # A turn moves the farthest point by no more than a cell.
        reach = max(float(np.linalg.norm(view.points, axis=1).max()), cell)
        steps = int(np.ceil(window.half_yaw * reach / cell))
        is_all_round = window.half_yaw >= np.pi
        turns = np.arange(-steps, steps + (0 if is_all_round else 1)) * (
            window.half_yaw / max(steps, 1)
        )
        self._yaws = window.yaw + turns
        cosine = np.cos(self._yaws)[:, None]
        sine = np.sin(self._yaws)[:, None]
        x, y = view.points.T
        turned = np.stack([cosine * x - sine * y, sine * x + cosine * y], axis=-1)
        self._turned = turned / cell  # (yaws, n, 2) in cells
        low = np.floor((window.centre - window.half) / cell).astype(int)
        high = np.ceil((window.centre + window.half) / cell).astype(int)
        edge = 1 << self._config.levels
        rows, columns = np.meshgrid(
            np.arange(low[0], high[0] + 1, edge),
            np.arange(low[1], high[1] + 1, edge),
            indexing="ij",
        )
        corners = np.column_stack([rows.ravel(), columns.ravel()])
        self._high = high
        self._roots = (
            np.repeat(np.arange(len(self._yaws)), len(corners)),
            np.tile(corners, (len(self._yaws), 1)),
        )

    def run(self) -> list[FittingPlace]:
        """Return all cells of poses whose score is within the margin of the best."""
        level = self._config.levels
        turn = count()
        heap: list = []
        best = self._config.least_score
        self._push(heap, turn, level, *self._roots)
        leaves: list[FittingPlace] = []
        while heap and -heap[0][0] >= best * (1.0 - self._config.margin):
            batch = [heapq.heappop(heap) for _ in range(min(_BATCH, len(heap)))]
            for level in sorted({item[2] for item in batch}):
                same = [item for item in batch if item[2] == level]
                if level == 0:
                    for bound, _, _, yaw, corner in same:
                        leaves.append(self._place(yaw, corner, -bound))
                        best = max(best, -bound)
                else:
                    self._split(heap, turn, level - 1, same)
        return [leaf for leaf in leaves if leaf.score >= best * (1.0 - self._config.margin)]

    def _split(self, heap: list, turn: count, level: int, squares: list) -> None:
        half = 1 << level
        yaws = np.repeat([item[3] for item in squares], 4)
        corners = np.repeat(np.array([item[4] for item in squares]), 4, axis=0)
        corners = corners + np.tile([[0, 0], [half, 0], [0, half], [half, half]], (len(squares), 1))
        inside = (corners <= self._high).all(axis=1)
        self._push(heap, turn, level, yaws[inside], corners[inside])

    def _push(
        self, heap: list, turn: count, level: int, yaws: np.ndarray, corners: np.ndarray
    ) -> None:
        for start in range(0, len(yaws), 512):
            part = slice(start, start + 512)
            cells = np.floor(self._turned[yaws[part]] + corners[part][:, None] + 0.5).astype(int)
            bounds = self._plans.worth(level, cells, self._slices).mean(axis=1)
            for bound, yaw, corner in zip(bounds, yaws[part], corners[part], strict=True):
                if bound >= self._config.least_score:
                    heapq.heappush(heap, (-float(bound), next(turn), level, int(yaw), corner))

    def _place(self, yaw: int, corner: np.ndarray, score: float) -> FittingPlace:
        cell = self._config.cell_m
        # A view's point falls into the cell of its rounded coordinates.
        x, y = (float(value) * cell + 0.5 * cell for value in corner)
        return FittingPlace(x, y, wrap_angle(float(self._yaws[yaw])), score)


def _smeared(marked: np.ndarray, cell: float) -> np.ndarray:
    """Return plans whose marks fade over the cells beside them, the strongest counting."""
    reach = int(np.ceil(2.5 * SMEAR_M / cell))
    fading = np.exp(-0.5 * (np.arange(-reach, reach + 1) * cell / SMEAR_M) ** 2).astype(np.float32)
    result = marked
    for axis in (1, 2):
        before = result
        result = np.zeros_like(before)
        for shift, worth in zip(range(-reach, reach + 1), fading, strict=True):
            np.maximum(result, worth * np.roll(before, shift, axis), out=result)
    return result


def _pooled(plan: np.ndarray, step: int) -> np.ndarray:
    """Return the larger of each value and those `step` cells on, in both directions."""
    result = plan.copy()
    np.maximum(result[:, :-step], plan[:, step:], out=result[:, :-step])
    once = result.copy()
    np.maximum(result[:, :, :-step], once[:, :, step:], out=result[:, :, :-step])
    return result


def _distinct(places: list[FittingPlace], config: SearchConfig) -> list[FittingPlace]:
    """Return the best of each group of places that are near each other."""
    kept: list[FittingPlace] = []
    for place in sorted(places, key=lambda item: -item.score):
        if not any(_is_near(place, other, config) for other in kept):
            kept.append(place)
    return kept


def _is_near(one: FittingPlace, other: FittingPlace, config: SearchConfig) -> bool:
    way = np.hypot(one.x - other.x, one.y - other.y)
    return bool(way < config.apart_m and abs(wrap_angle(one.yaw - other.yaw)) < config.apart_rad)
