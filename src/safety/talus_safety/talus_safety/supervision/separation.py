# SPDX-License-Identifier: Apache-2.0
"""How near people may come: speed and separation in the form of ISO 13855, S = K T + D + Z.

K is how fast they come, T how long the robot needs to notice and to stand still, D how far it goes meanwhile, Z how
far its arms reach and what the map may be wrong by. What moves is taken for a person: the map says where and how fast.
"""

from __future__ import annotations

import math
from collections import deque

import numpy as np
from talus_core.modes import Mode

from talus_safety.kernel.limits import SupervisorLimits

KEPT = 0.5  # s for which a body that is not seen any more is taken to come on: it may be hidden, or a camera late
MEASURED_AT = (
    0.5  # m/s, of halt_s and halt_m: the time to halt goes with the speed, the way with its square
)
SPEED_OVER = 0.5  # s, a step: the robot's mean speed
MOVES = (Mode.STANDING_UP, Mode.WALKING, Mode.SITTING_DOWN, Mode.GETTING_UP)


class Separation:
    """`hear` and `stand_at` as it comes, then `gaps`."""

    def __init__(self, limits: SupervisorLimits):
        self._limits = limits
        self._bodies = np.zeros((0, 4))
        self._seen_at = -math.inf
        self._way: deque[tuple[float, np.ndarray]] = deque()

    def hear(self, bodies: np.ndarray, stamp: float) -> None:
        """What moves at `stamp` s: (n, 4) m, m/s in odom, its nearest point and its velocity; not finite: ignored."""
        self._bodies, self._seen_at = bodies[np.isfinite(bodies).all(axis=1)], stamp

    def stand_at(self, place: tuple[float, float], stamp: float) -> None:
        """The robot's base in odom, m, at `stamp` s."""
        if self._way and stamp < self._way[-1][0]:
            self._way.clear()
        self._way.append((stamp, np.array(place)))
        while stamp - self._way[0][0] > SPEED_OVER:
            self._way.popleft()

    def gaps(self, mode: Mode, robot_time: float) -> tuple[float, float]:
        """m that are left before R2 and before R1; infinite where nothing moves, negative when somebody is too near."""
        age = max(robot_time - self._seen_at, 0.0)
        if not self._way or age > KEPT or not len(self._bodies):
            return math.inf, math.inf
        limits = self._limits
        speed = np.maximum(np.hypot(*self._bodies[:, 2:].T), limits.approach_m_s)
        distance = np.hypot(*(self._bodies[:, :2] - self._way[-1][1]).T) - age * speed
        pace = max(self._speed() / MEASURED_AT, 1.0) if mode in MOVES else 0.0
        time = limits.notice_s + pace * limits.halt_s
        left = distance - limits.clearance_m - pace**2 * limits.halt_m
        return float((left - time * speed).min()), float(
            (left - (time + limits.slow_s) * speed).min()
        )

    def _speed(self) -> float:
        """m/s of the robot over its last step."""
        (began, start), (ended, end) = self._way[0], self._way[-1]
        return float(np.hypot(*(end - start))) / (ended - began) if ended > began else 0.0
