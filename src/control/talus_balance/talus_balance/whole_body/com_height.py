# SPDX-License-Identifier: Apache-2.0
"""Plans the centre of mass's height while stepping: smooth, and low in time for a landing."""

from __future__ import annotations

from typing import NamedTuple

# Share of gravity: half the weight stays on the soles, and with it half their friction.
DEEPEST_SINKING_G = -0.5
STEEPEST_LIFT_G = 0.4  # share of gravity
SHORTEST_CHANGE_S = 0.1  # s: a faster change is not worth its shock
UNHURRIED_CHANGE_S = 0.4  # s, duration of a change while no landing is near


class HeightReference(NamedTuple):
    """Holds a height over the ground, m, its rate, m/s, and its acceleration, m/s^2."""

    height: float
    speed: float
    acceleration: float


class ComHeight:
    """Leads from one height to the next by a cubic that ends at rest, planned anew each tick."""

    def __init__(self, dt: float):
        self.dt = dt
        self.reset(0.0)

    def reset(self, height: float) -> None:
        """Start at rest at `height`, m."""
        self._height = height
        self._speed = 0.0

    def ground_rises(self, rise: float) -> None:
        """Count the height from another ground, which is `rise` m higher."""
        self._height -= rise

    def step_height(self, target: float, landing_in: float, gravity: float) -> HeightReference:
        """Return the height of this tick on the way to `target`.

        Args:
            target: Height over the ground, m.
            landing_in: Time in which to be there, s; 0 when no step is under way.
            gravity: Gravity, m/s^2.
        """
        time = max(landing_in, SHORTEST_CHANGE_S) if landing_in > 0.0 else UNHURRIED_CHANGE_S
        wanted = 6.0 * (target - self._height) / (time * time) - 4.0 * self._speed / time
        acceleration = min(max(wanted, DEEPEST_SINKING_G * gravity), STEEPEST_LIFT_G * gravity)
        self._speed += self.dt * acceleration
        self._height += self.dt * self._speed
        return HeightReference(self._height, self._speed, acceleration)
