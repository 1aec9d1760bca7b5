# SPDX-License-Identifier: Apache-2.0
"""Keeps people at a distance by speed and separation monitoring, ISO 13855: S = K T + D + Z.

K is the speed of a person, T the time that the robot needs to notice and to stand still, D the way
that it goes meanwhile, and Z the reach of its arms plus the error of the map. Whatever moves counts
as a person; the map says where it is and how fast it moves. Where eyes that are trusted with people
speak, only whom they follow counts, standing or walking; once they are silent, all that moves does.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field

import numpy as np
from talus_core.words.modes import Mode

from talus_safety.kernel.limits import SeparationLimits

# s for which a body that is no longer seen counts as coming nearer: it may be hidden, or a camera
# may be late.
UNSEEN_BODY_KEPT_S = 0.5
# m/s at which halt_s and halt_m hold: the time to halt grows with speed, the way with its square
HALT_MEASURED_SPEED_MPS = 0.5
BASE_SPEED_WINDOW_S = 0.5  # s, one step: window of the robot's mean speed
MOVING_MODES = (
    Mode.STANDING_UP,
    Mode.WALKING,
    Mode.SITTING_DOWN,
    Mode.GETTING_UP,
)


@dataclass(frozen=True)
class _Sighted:
    """Holds what one source saw last: bodies (n, 4) x, y, vx, vy, m and m/s, at `seen_at`, s."""

    bodies: np.ndarray = field(default_factory=lambda: np.zeros((0, 4)))
    seen_at: float = -math.inf

    @staticmethod
    def of(bodies: np.ndarray, stamp: float) -> _Sighted:
        """Return the finite ones of some bodies."""
        return _Sighted(bodies[np.isfinite(bodies).all(axis=1)], stamp)


class Separation:
    """Measures the gaps between the robot and whatever moves around it."""

    def __init__(self, limits: SeparationLimits):
        self._limits = limits
        self._moving = _Sighted()
        self._people = _Sighted()
        self._way: deque[tuple[float, np.ndarray]] = deque()

    def hear(self, bodies: np.ndarray, stamp: float) -> None:
        """Take in the bodies (n, 4) that moved at `stamp`, s; unless finite they are ignored."""
        self._moving = _Sighted.of(bodies, stamp)

    def hear_people(self, people: np.ndarray, stamp: float) -> None:
        """Take in all people (n, 4) that trusted eyes follow at `stamp`, s; none is a word, too."""
        self._people = _Sighted.of(people, stamp)

    def stand_at(self, place: tuple[float, float], stamp: float) -> None:
        """Take in the place of the robot's base in odom, m, at `stamp`, s."""
        if self._way and stamp < self._way[-1][0]:
            self._way.clear()
        self._way.append((stamp, np.array(place)))
        while stamp - self._way[0][0] > BASE_SPEED_WINDOW_S:
            self._way.popleft()

    def gaps(self, mode: Mode, robot_time: float) -> tuple[float, float]:
        """Return the distances that are left before R2 and before R1, m.

        They are infinite where nothing moves, and negative where a person is too near.
        """
        eyes_speak = robot_time - self._people.seen_at <= UNSEEN_BODY_KEPT_S
        sighted = self._people if eyes_speak else self._moving
        age = max(robot_time - sighted.seen_at, 0.0)
        if not self._way or age > UNSEEN_BODY_KEPT_S or not len(sighted.bodies):
            return math.inf, math.inf
        limits = self._limits
        speed = np.maximum(np.hypot(*sighted.bodies[:, 2:].T), limits.approach_m_s)
        distance = np.hypot(*(sighted.bodies[:, :2] - self._way[-1][1]).T) - age * speed
        pace = max(self._speed() / HALT_MEASURED_SPEED_MPS, 1.0) if mode in MOVING_MODES else 0.0
        time = limits.notice_s + pace * limits.halt_s
        left = distance - limits.clearance_m - pace**2 * limits.halt_m
        return float((left - time * speed).min()), float(
            (left - (time + limits.slow_s) * speed).min()
        )

    def _speed(self) -> float:
        """Return the mean speed of the robot over its last step, m/s."""
        (began, start) = self._way[0]
        (ended, end) = self._way[-1]
        return float(np.hypot(*(end - start))) / (ended - began) if ended > began else 0.0
