# SPDX-License-Identifier: Apache-2.0
"""Chooses the next foothold, where a sole lies well on ground that was seen, and the step's pace.

The pace follows from the foothold after that one.
"""

# H is the heading frame: x ahead, y left, turned about odom's origin.

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from talus_core.robot import Foot

from talus_balance.stepping.height_grid import HeightGrid

SAMPLE_SPACING_M = 0.02  # m between two samples along the heading
# m of shift that one m of overhang is worth: the centre of pressure can only go where the sole lies
SHIFT_PER_OVERHANG = 2.0
ROUNDING_TOLERANCE_M = 1e-9  # m of tolerance, so that a sample on a bound counts as inside


@dataclass(frozen=True)
class FootholdConfig:
    """Says what makes a good foothold; lengths in m.

    Attributes:
        shift: Farthest that a foothold may be from where the gait alone would step.
        overhang: Farthest that heel or toe may reach beyond an edge; the ankle and three fifths of
            the sole still lie on the ground then.
        room: Least distance ahead of the toe and behind the heel to ground that stands higher.
        flat: Largest difference of heights on which a sole still lies: three standard deviations
            of the map.
        step: Difference of heights from which on a foothold is chosen; less is crossed blindly.
        highest: Highest step up or down: half of what the knee can lift.
        duration: Duration of such a step, s: the foot rises by two of them at less than three
            times gravity.
    """

    shift: float = 0.16
    overhang: float = 0.05
    room: float = 0.02
    flat: float = 0.025
    step: float = 0.05
    highest: float = 0.25
    duration: float = 0.7


class Foothold(NamedTuple):
    """Describes a place where a sole lies well.

    Attributes:
        place: (2,) position in H, m.
        height: Height in odom, m.
        stride: Distance from there to where the foot after it will land, m.
        duration: Duration of the step, s.
    """

    place: np.ndarray
    height: float
    stride: float
    duration: float


class _Places(NamedTuple):
    """Judges places along the heading about a wanted place, one row each.

    Attributes:
        good: Whether a sole lies there.
        heights: Height of the ground under it, m.
        overhangs: Length of the sole that is in the air, m.
    """

    good: np.ndarray
    heights: np.ndarray
    overhangs: np.ndarray


class FootholdChooser:
    """Looks for footholds along the line on which a foot travels."""

    def __init__(self, config: FootholdConfig, foot: Foot):
        self._config = config
        half = 0.5 * foot.length
        aside = 0.25 * foot.width
        shifts = round(config.shift / SAMPLE_SPACING_M)
        reach = round((half + config.room) / SAMPLE_SPACING_M)
        self._far = np.arange(-shifts, shifts + 1) * SAMPLE_SPACING_M
        self._window = np.arange(-reach, reach + 1) * SAMPLE_SPACING_M
        self._carries = np.abs(self._window) <= half - config.overhang + ROUNDING_TOLERANCE_M
        self._sole = np.abs(self._window) <= half + ROUNDING_TOLERANCE_M
        x = np.arange(-shifts - reach, shifts + reach + 1) * SAMPLE_SPACING_M
        self._samples = np.array([[ahead, y] for y in (-aside, aside) for ahead in x])
        self._columns = np.arange(self._far.size)[:, np.newaxis] + np.arange(self._window.size)

    def choose(
        self, grid: HeightGrid, stance: np.ndarray, step: np.ndarray, heading: float
    ) -> Foothold | None:
        """Return the next foothold.

        It is None where the ground is unknown, level enough, or offers no foothold.

        Args:
            grid: Heights of the ground that was seen.
            stance: (3,) position of the sole that carries, in H, m.
            step: (2,) step from there to where the gait would step, in H, m.
            heading: Heading of the body, rad.
        """
        here = self._nearest(grid, stance[:2], heading, float(stance[2]))
        first = self._nearest(grid, stance[:2] + step, heading, float(stance[2]))
        if first is None:
            return None
        place, height = first
        following = np.array([place[0] + step[0], stance[1]])
        second = self._nearest(grid, following, heading, height)
        stride = step[0] if second is None else float(second[0][0] - place[0])
        if here is not None and abs(here[1] - stance[2]) < self._config.step:
            height += float(stance[2]) - here[1]  # the sole's own height is better than the map's
        change = abs(height - stance[2])
        next_change = 0.0 if second is None else abs(second[1] - height)
        if max(change, next_change) <= self._config.step:
            return None
        return Foothold(place, height, stride, self._config.duration)

    def is_known(self, grid: HeightGrid, place_in_odom: np.ndarray) -> bool:
        """Tell whether the ground at a place (2,), m, was seen."""
        return bool(np.isfinite(grid.at(place_in_odom[np.newaxis])[0]))

    def height_at(
        self, grid: HeightGrid, place: np.ndarray, heading: float, from_height: float
    ) -> float | None:
        """Return the height on which a sole lies at `place` (2,), m, in H; None where none can."""
        places = self._places(grid, place, heading, from_height)
        here = int(np.argmin(np.abs(self._far)))
        return float(places.heights[here]) if places.good[here] else None

    def _nearest(
        self, grid: HeightGrid, wanted: np.ndarray, heading: float, from_height: float
    ) -> tuple[np.ndarray, float] | None:
        """Return the good place nearest to `wanted` (2,) along the heading, and its height, m.

        A place where much of the sole is in the air counts as farther away.
        """
        places = self._places(grid, wanted, heading, from_height)
        if not places.good.any():
            return None
        prices = np.abs(self._far) + SHIFT_PER_OVERHANG * places.overhangs
        best = int(np.argmin(np.where(places.good, prices, np.inf)))
        return wanted + np.array([self._far[best], 0.0]), float(places.heights[best])

    def _places(
        self, grid: HeightGrid, wanted: np.ndarray, heading: float, from_height: float
    ) -> _Places:
        """Judge the places along the heading about `wanted` (2,), coming from `from_height`, m."""
        flat = self._config.flat
        c = np.cos(heading)
        s = np.sin(heading)
        points = (wanted + self._samples) @ np.array([[c, s], [-s, c]])
        sampled = grid.at(points).reshape(2, -1)
        windows = sampled[:, self._columns].transpose(1, 0, 2)  # (places, sides, along)
        carrying = windows[:, :, self._carries].reshape(self._far.size, -1)
        heights = carrying.mean(axis=1)
        is_flat = np.ptp(carrying, axis=1) < flat
        above = windows > (heights + flat)[:, np.newaxis, np.newaxis]
        is_clear = ~above.any(axis=(1, 2))  # unknown ground counts as clear
        in_reach = np.abs(heights - from_height) < self._config.highest  # false for NaN
        lies = np.abs(windows[:, :, self._sole] - heights[:, np.newaxis, np.newaxis]) < flat
        overhangs = SAMPLE_SPACING_M * (~lies).any(axis=1).sum(axis=1)
        return _Places(is_flat & is_clear & in_reach, heights, overhangs)
