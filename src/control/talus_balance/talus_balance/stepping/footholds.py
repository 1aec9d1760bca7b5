# SPDX-License-Identifier: Apache-2.0
"""Chooses where a sole lies well on ground that was seen: the next foothold and, for its pace, the one after it."""

# H heading frame: x ahead, y left, turned about odom's origin

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from talus_core.robot import Foot

from talus_balance.stepping.height_grid import HeightGrid


@dataclass(frozen=True)
class FootholdConfig:
    """What a good foothold is; all m.

    Attributes:
        shift: Farthest from where the gait would step of its own.
        overhang: Of heel and toe beyond an edge; the ankle and three fifths of the sole still lie on it.
        room: Ahead of the toe and behind the heel to what stands higher.
        flat: Difference of heights on which a sole still lies: three deviations of the map's.
        step: Higher or lower than that is a step, for which it is worth while to choose; less is crossed blindly.
        highest: Up or down; half of what the knee can lift.
        duration: s of such a step: the foot rises by two of them at less than three times gravity.
    """

    shift: float = 0.16
    overhang: float = 0.05
    room: float = 0.02
    flat: float = 0.025
    step: float = 0.05
    highest: float = 0.25
    duration: float = 0.7


class Foothold(NamedTuple):
    """Place (2,) m in H, height m, how far ahead of it the foot after it will land, m, and time for the step, s."""

    place: np.ndarray
    height: float
    stride: float
    duration: float


SAMPLE = 0.02  # m between two samples along the heading
OVERHANG_PRICE = 2.0  # m of shift that a m of overhang is worth: the centre of pressure can go where the sole lies


class FootholdChooser:
    """Looks along the line on which a foot travels."""

    def __init__(self, config: FootholdConfig, foot: Foot):
        self._config = config
        half, aside = 0.5 * foot.length, 0.25 * foot.width
        self._far = np.arange(-round(config.shift / SAMPLE), round(config.shift / SAMPLE) + 1) * SAMPLE
        reach = round((half + config.room) / SAMPLE)
        self._window = np.arange(-reach, reach + 1) * SAMPLE
        self._carries = np.abs(self._window) <= half - config.overhang + 1e-9
        self._sole = np.abs(self._window) <= half + 1e-9
        x = np.arange(-round(config.shift / SAMPLE) - reach, round(config.shift / SAMPLE) + reach + 1) * SAMPLE
        self._samples = np.array([[ahead, y] for y in (-aside, aside) for ahead in x])
        self._columns = np.arange(self._far.size)[:, np.newaxis] + np.arange(self._window.size)

    def choose(self, grid: HeightGrid, stance: np.ndarray, step: np.ndarray, heading: float) -> Foothold | None:
        """The next foothold; None where the ground is unknown, level enough, or offers nothing.

        Args:
            grid: What was seen.
            stance: (3,) m, the sole that carries, in H.
            step: (2,) m from there to where the gait would step, in H.
            heading: rad.
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
            height += float(stance[2]) - here[1]  # the sole knows better than the map
        changes = [abs(height - stance[2]), 0.0 if second is None else abs(second[1] - height)]
        return Foothold(place, height, stride, self._config.duration) if max(changes) > self._config.step else None

    def _nearest(
        self, grid: HeightGrid, wanted: np.ndarray, heading: float, from_height: float
    ) -> tuple[np.ndarray, float] | None:
        """The good place nearest to `wanted` (2,) along the heading, with little of the sole in the air; its height."""
        c, s = np.cos(heading), np.sin(heading)
        points = (wanted + self._samples) @ np.array([[c, s], [-s, c]])
        heights = grid.at(points).reshape(2, -1)
        windows = heights[:, self._columns].transpose(1, 0, 2)  # (places, sides, along)
        carrying = windows[:, :, self._carries].reshape(self._far.size, -1)
        height = carrying.mean(axis=1)
        flat = np.ptp(carrying, axis=1) < self._config.flat
        clear = ~(windows > (height + self._config.flat)[:, np.newaxis, np.newaxis]).any(axis=(1, 2))  # or unknown
        good = flat & clear & (np.abs(height - from_height) < self._config.highest)  # false for NaN
        if not good.any():
            return None
        lies = np.abs(windows[:, :, self._sole] - height[:, np.newaxis, np.newaxis]) < self._config.flat
        overhang = SAMPLE * (~lies).any(axis=1).sum(axis=1)
        best = int(np.argmin(np.where(good, np.abs(self._far) + OVERHANG_PRICE * overhang, np.inf)))
        return wanted + np.array([self._far[best], 0.0]), float(height[best])
