# SPDX-License-Identifier: Apache-2.0
"""Reference of the centre of mass's height while stepping: smooth, and low enough in time for the next landing."""

from __future__ import annotations

from typing import NamedTuple

LOWEST_ACCELERATION = -0.5  # of gravity: half the weight stays on the soles, and with it half their friction
HIGHEST_ACCELERATION = 0.4  # of gravity
SHORTEST = 0.1  # s, below which a change is not worth a shock
UNHURRIED = 0.4  # s, with no landing to come


class HeightReference(NamedTuple):
    """Height m over the ground, its rate m/s and acceleration m/s^2."""

    height: float
    speed: float
    acceleration: float


class ComHeight:
    """One height to the next in the time that a step leaves, re-planned each tick: a cubic that ends at rest."""

    def __init__(self, dt: float):
        self.dt = dt
        self.reset(0.0)

    def reset(self, height: float) -> None:
        """Be at rest at `height` m."""
        self._height, self._speed = height, 0.0

    def ground_rises(self, rise: float) -> None:
        """The ground that the height is counted from is another one, `rise` m higher."""
        self._height -= rise

    def step(self, target: float, landing_in: float, gravity: float) -> HeightReference:
        """Towards `target` m, to be there in `landing_in` s, 0 when no step is under way; `gravity` in m/s^2."""
        time = max(landing_in, SHORTEST) if landing_in > 0.0 else UNHURRIED
        wanted = 6.0 * (target - self._height) / (time * time) - 4.0 * self._speed / time
        acceleration = min(max(wanted, LOWEST_ACCELERATION * gravity), HIGHEST_ACCELERATION * gravity)
        self._speed += self.dt * acceleration
        self._height += self.dt * self._speed
        return HeightReference(self._height, self._speed, acceleration)
