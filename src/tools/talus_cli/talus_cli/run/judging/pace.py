# SPDX-License-Identifier: Apache-2.0
"""Measures how fast simulated time runs, since the beginning and lately."""

from __future__ import annotations

# Long enough to be readable, short enough to show a slow spell.
WINDOW_S = 2.0


class PaceMeter:
    """Compares simulated with wall time."""

    def __init__(self) -> None:
        self._begin: tuple[float, float] | None = None
        self._window: tuple[float, float] | None = None
        self._newest = (0.0, 0.0)
        self.lately = 0.0

    def begin(self, wall: float, simulated: float) -> None:
        """Count times from here on."""
        self._begin = self._newest = (wall, simulated)

    def see(self, wall: float, simulated: float) -> None:
        """Take a pair of times, s."""
        self._newest = (wall, simulated)
        if self._window is None:
            self._window = self._newest
        elif wall - self._window[0] >= WINDOW_S:
            self.lately = (simulated - self._window[1]) / (wall - self._window[0])
            self._window = self._newest

    @property
    def simulated(self) -> float:
        """Return the simulated time since the beginning, s."""
        return 0.0 if self._begin is None else self._newest[1] - self._begin[1]

    @property
    def overall(self) -> float:
        """Return simulated over wall time since the beginning."""
        wall = 0.0 if self._begin is None else self._newest[0] - self._begin[0]
        return self.simulated / wall if wall > 0.0 else 0.0
