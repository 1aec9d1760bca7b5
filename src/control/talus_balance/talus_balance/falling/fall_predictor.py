# SPDX-License-Identifier: Apache-2.0
"""Foresees a fall that no step can stop, from the estimated state, in time to do something.

The body is taken as an inverted pendulum over the soles. A step can reach a capture point only so
far away, and only while the body still stands tall enough and does not lean too far over its feet.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from talus_core.robot import Foot
from talus_dynamics.support import convex_hull, margin, sole_outline


@dataclass(frozen=True)
class FallPredictorConfig:
    """Bounds what a step can still catch; the values were chosen, then checked on simulated pushes.

    Attributes:
        reach: Distance of the capture point outside the soles, m.
        missed: Distance by which the next three steps miss the capture point, m: more than in any
            of 40 hard shoves that were survived.
        lean: Angle of the centre of mass over the nearest edge of the soles, at the end of
            `horizon`, rad.
        tilt: Tilt of the pelvis at the end of `horizon`, rad.
        sink: Share of the wanted height to which the centre of mass will have sunk at the end of
            `horizon`.
        horizon: Time that is looked ahead, s.
        lasting: Time for which a bound must be exceeded, s; with 0.02 as many falls are called that
            do not come: 3 in 26 shoves of 50 to 90 N s.
    """

    reach: float = 0.70
    missed: float = 2.4
    lean: float = 0.75
    tilt: float = 1.0
    sink: float = 0.72
    horizon: float = 0.15
    lasting: float = 0.01


class FallFacts(NamedTuple):
    """Holds what is needed of one tick; the world is odom.

    Attributes:
        com, com_velocity: (3,) centre of mass, m, and its velocity, m/s.
        capture_point: (2,) capture point, m.
        sole_positions: (2, 3) positions of the soles, m.
        sole_yaws: (2,) headings of the soles, rad.
        up: (3,) vertical in base axes.
        angular_velocity: (3,) turn rate of the base in its own axes, rad/s.
        wanted_height: Height of the centre of mass over the soles, as it should be now, m.
        missed: Distance by which the next three steps miss the capture point, m; 0 while standing.
    """

    com: np.ndarray
    com_velocity: np.ndarray
    capture_point: np.ndarray
    sole_positions: np.ndarray
    sole_yaws: np.ndarray
    up: np.ndarray
    angular_velocity: np.ndarray
    wanted_height: float
    missed: float = 0.0


class FallPredictor:
    """Foresees falls; call `foresees_fall` every tick on the feet."""

    def __init__(self, feet: tuple[Foot, Foot], config: FallPredictorConfig, dt: float):
        self._feet = feet
        self._config = config
        self._dt = dt
        self._foreseen_for = 0.0  # s for which a bound has been exceeded

    def reset(self) -> None:
        """Forget what was foreseen: the feet carry anew."""
        self._foreseen_for = 0.0

    def foresees_fall(self, facts: FallFacts) -> bool:
        """Tell whether a fall is certain."""
        is_beyond = self._is_beyond(facts)
        self._foreseen_for = self._foreseen_for + self._dt if is_beyond else 0.0
        return self._foreseen_for >= self._config.lasting

    def distance(self, facts: FallFacts, point: np.ndarray) -> float:
        """Return how far a point (2,), m, lies outside the soles, m; negative inside."""
        return -margin(
            point, convex_hull(sole_outline(facts.sole_positions, facts.sole_yaws, self._feet))
        )

    def _is_beyond(self, facts: FallFacts) -> bool:
        """Tell whether the body exceeds what a step can catch at this tick."""
        c = self._config
        left, right = facts.sole_positions[:, :2]
        centre = 0.5 * (left + right)
        capture_point = facts.capture_point
        if facts.missed > c.missed or self._is_farther(facts, capture_point, centre, c.reach):
            return True
        later = facts.com + c.horizon * facts.com_velocity
        lowest = min(facts.sole_positions[:, 2].tolist())
        height = max(later.item(2) - lowest, 0.0)
        lean = height * math.tan(c.lean)
        is_low = height < c.sink * facts.wanted_height
        if is_low or self._is_farther(facts, later[:2], centre, lean):
            return True
        x, y, z = facts.up.tolist()
        roll, pitch, _ = facts.angular_velocity.tolist()
        up_z = z + c.horizon * (x * pitch - y * roll)  # d(up)/dt = up x omega
        return up_z < math.cos(c.tilt)

    def _is_farther(
        self, facts: FallFacts, point: np.ndarray, centre: np.ndarray, bound: float
    ) -> bool:
        """Tell whether `point` (2,), m, is more than `bound`, m, outside the soles.

        A point near the `centre` (2,), m, between them is inside, so that no distance is computed.
        """
        x, y = (point - centre).tolist()
        return math.hypot(x, y) > bound and self.distance(facts, point) > bound
