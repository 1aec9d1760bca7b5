# SPDX-License-Identifier: Apache-2.0
"""Follows one thing: a Kalman filter with constant velocity, and how sure it is that it is there.

Bar-Shalom, Li, Kirubarajan, "Estimation with Applications to Tracking and Navigation", 2001, ch. 6.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from talus_core.rotations import wrap_angle

from talus_perception.seeing.placing import Placed
from talus_perception.words import HALF_TURN_THINGS, PERSON

# m/s2, one standard deviation: a person who walks on, and sometimes turns; a thing that stands.
ACCELERATION = {PERSON: 0.7}
THING_ACCELERATION_MPS2 = 0.05
START_SPEED_MPS = {PERSON: 1.2}  # one standard deviation of the speed of a new track
THING_START_SPEED_MPS = 0.05
SMOOTHING = 0.3  # share of a new score, size or yaw in the smoothed one
SPACE_AXES = 3


@dataclass(frozen=True)
class TrackedObject:
    """Describes something that is followed, at one instant.

    Attributes:
        id: The same as long as it is followed.
        kind: A word of the model, or PERSON.
        score: Smoothed, 0 to 1.
        position, velocity: (3,) m and m/s in odom.
        size: (3,) m along its own axes.
        yaw: rad in odom.
        deviation: m, one standard deviation along the least known axis.
        unseen: s since a camera saw it.
    """

    id: int
    kind: str
    score: float
    position: np.ndarray
    velocity: np.ndarray
    size: np.ndarray
    yaw: float
    deviation: float
    unseen: float


class Track:
    """Holds the filter of one thing; times in s, lengths in m, frame odom.

    Attributes:
        id, kind: As of TrackedObject.
        hits: Pictures that showed it.
        misses: Pictures in a row that should have shown it and did not.
        seen_at: Of the newest picture that showed it.
        position, covariance: (3,) and (3, 3), at the instant it was predicted to.
    """

    def __init__(self, number: int, first: Placed, time: float):
        """Begin at the first sighting."""
        self.id = number
        self.kind = first.kind
        self.hits = 1
        self.misses = 0
        self.seen_at = time
        self._time = time
        self._mean = np.concatenate([first.position, np.zeros(SPACE_AXES)])
        speed = START_SPEED_MPS.get(first.kind, THING_START_SPEED_MPS)
        self._spread = np.zeros((2 * SPACE_AXES, 2 * SPACE_AXES))
        self._spread[:SPACE_AXES, :SPACE_AXES] = first.covariance
        self._spread[SPACE_AXES:, SPACE_AXES:] = speed**2 * np.eye(SPACE_AXES)
        self._last = first
        self._acceleration = ACCELERATION.get(first.kind, THING_ACCELERATION_MPS2)

    @property
    def position(self) -> np.ndarray:
        """Return where it is believed to be."""
        return self._mean[:SPACE_AXES]

    @property
    def covariance(self) -> np.ndarray:
        """Return how sure its position is."""
        return self._spread[:SPACE_AXES, :SPACE_AXES]

    @property
    def size(self) -> np.ndarray:
        """Return its size, (3,) m."""
        return self._last.size

    def predict(self, time: float) -> None:
        """Move on to an instant; an earlier one than the newest counts as that."""
        dt = time - self._time
        if dt <= 0.0:
            return
        self._time = time
        step = np.eye(2 * SPACE_AXES)
        step[:SPACE_AXES, SPACE_AXES:] = dt * np.eye(SPACE_AXES)
        gain = np.concatenate([0.5 * dt**2 * np.ones(SPACE_AXES), dt * np.ones(SPACE_AXES)])
        noise = np.zeros_like(self._spread)
        for axis in range(SPACE_AXES):
            part = np.zeros(2 * SPACE_AXES)
            part[[axis, axis + SPACE_AXES]] = gain[[axis, axis + SPACE_AXES]]
            noise += np.outer(part, part)
        self._mean = step @ self._mean
        self._spread = step @ self._spread @ step.T + self._acceleration**2 * noise

    def distance(self, seen: Placed) -> tuple[float, float]:
        """Return the squared Mahalanobis distance, and the log of the volume it is counted in."""
        spread = self.covariance + seen.covariance
        off = seen.position - self.position
        return float(off @ np.linalg.solve(spread, off)), float(np.linalg.slogdet(spread)[1])

    def update(self, seen: Placed, time: float) -> None:
        """Take in a sighting of it."""
        spread = self.covariance + seen.covariance
        gain = np.linalg.solve(spread, self._spread[:SPACE_AXES]).T
        self._mean = self._mean + gain @ (seen.position - self.position)
        kept = np.eye(2 * SPACE_AXES)
        kept[:, :SPACE_AXES] -= gain
        self._spread = kept @ self._spread @ kept.T + gain @ seen.covariance @ gain.T  # Joseph
        self._last = _blended(self._last, seen)
        self.hits += 1
        self.misses = 0
        self.seen_at = max(time, self.seen_at)

    def at(self, now: float) -> TrackedObject:
        """Return what is believed of it at `now`, s; nothing is taken in."""
        ahead = max(now - self._time, 0.0)
        velocity = self._mean[SPACE_AXES:]
        return TrackedObject(
            id=self.id,
            kind=self.kind,
            score=self._last.score,
            position=self.position + ahead * velocity,
            velocity=velocity.copy(),
            size=self._last.size,
            yaw=self._last.yaw,
            deviation=math.sqrt(max(float(np.linalg.eigvalsh(self.covariance)[-1]), 0.0)),
            unseen=max(now - self.seen_at, 0.0),
        )


def _blended(old: Placed, new: Placed) -> Placed:
    """Return the newest sighting with smoothed score, size and yaw."""
    period = math.pi if new.kind in HALF_TURN_THINGS else 2.0 * math.pi
    turns = 2.0 * math.pi / period
    return Placed(
        new.kind,
        old.score + SMOOTHING * (new.score - old.score),
        new.box,
        new.position,
        new.covariance,
        old.size + SMOOTHING * (new.size - old.size),
        old.yaw + SMOOTHING * wrap_angle(turns * (new.yaw - old.yaw)) / turns,
        new.key_points,
    )
