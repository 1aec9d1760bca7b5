# SPDX-License-Identifier: Apache-2.0
"""Measures the distance walked, and how fast simulated time runs."""

from __future__ import annotations

from collections import deque

import numpy as np


class Odometer:
    """Sums the path on the ground; the sway of standing does not count."""

    STEP = 0.05  # m: more than a standing robot sways, less than half a step length

    def __init__(self) -> None:
        self.distance = 0.0  # m
        self._last: np.ndarray | None = None

    def add(self, position: np.ndarray) -> None:
        """Take the base's `position` (at least x and y, m)."""
        place = np.asarray(position[:2], dtype=float)
        if self._last is None:
            self._last = place
        moved = float(np.linalg.norm(place - self._last))
        if moved >= self.STEP:
            self.distance += moved
            self._last = place


class RealTimeFactor:
    """Measures simulated s per wall s, over a sliding window."""

    def __init__(self, window: float = 2.0):
        """Measure over `window` s of wall time."""
        self._window = window
        self._samples: deque[tuple[float, float]] = deque()

    def add(self, simulated: float, wall: float) -> None:
        """Take simulated and wall time, both s; a jump back of simulated time starts anew."""
        if self._samples and simulated < self._samples[-1][0]:
            self._samples.clear()
        self._samples.append((simulated, wall))
        while len(self._samples) > 2 and wall - self._samples[0][1] > self._window:
            self._samples.popleft()

    def value(self, wall: float) -> float | None:
        """Return the factor; None before two samples, 0 when none came for a window."""
        if len(self._samples) < 2:
            return None
        if wall - self._samples[-1][1] > self._window:
            return 0.0
        sim_0, wall_0 = self._samples[0]
        sim_1, wall_1 = self._samples[-1]
        return (sim_1 - sim_0) / (wall_1 - wall_0) if wall_1 > wall_0 else None
