# SPDX-License-Identifier: Apache-2.0
"""Keeps one number for one thing: gives what each picture shows to tracks, begins and ends them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

import numpy as np
from scipy.optimize import linear_sum_assignment
from talus_core.parameters import parameter

from talus_perception.seeing.placing import Glance, Placed
from talus_perception.tracking.track import Track, TrackedObject
from talus_perception.words import PERSON

GATE = 14.2  # squared Mahalanobis distance that 997 of 1000 sightings stay below: chi2, 3 axes
FORBIDDEN = 1e6  # cost of a pair that cannot be
HIDDEN_BEHIND_M = 0.5  # what is nearer than a track by this hides it
PICTURE_EDGE_PX = 12.0  # of the picture's edge, within which a thing may show or not
NEAREST_M = 0.2  # along the optical axis: nearer things are seen by nobody
# m between the middles of two tracks of one kind that are one thing, seen by two cameras: two
# people are never so near.
ONE_PERSON_M = 0.25
ONE_THING_SHARE = 0.4  # of a thing's shortest side over the ground


@dataclass(frozen=True)
class TrackerConfig:
    """Defines when a track begins, counts and ends."""

    least_score: float = parameter(
        0.3, "Of a sighting, 0 to 1, for a track to go on; a new one needs `first_score`.", 0.0, 1.0
    )
    first_score: float = parameter(0.4, "Of a sighting that may begin a track.", 0.0, 1.0)
    hits: int = parameter(3, "Pictures that must show a thing before it is told.", 1, 20)
    person_misses: int = parameter(
        6, "Pictures in a row that should show a person and do not; then it is gone.", 1, 100
    )
    thing_misses: int = parameter(12, "The same of a thing.", 1, 100)
    person_unseen_s: float = parameter(3.0, "How long a hidden person is kept.", 0.1, 60.0)
    thing_unseen_s: float = parameter(30.0, "How long a thing out of sight is kept.", 0.1, 600.0)


class Sightline(Enum):
    """Says whether a camera could see a point."""

    OUTSIDE = auto()
    HIDDEN = auto()
    OPEN = auto()


class Tracker:
    """Holds all tracks; one `step` for each picture."""

    def __init__(self, config: TrackerConfig | None = None):
        self._config = config or TrackerConfig()
        self._tracks: list[Track] = []
        self._next = 1

    def step(self, seen: list[Placed], glance: Glance) -> list[int]:
        """Take in all that a picture shows; return the track's number for each sighting, or 0."""
        numbers = [0] * len(seen)
        for track in self._tracks:
            track.predict(glance.time)
        free = set(range(len(seen)))
        found: set[int] = set()
        for track, place in self._pairs(seen):
            track.update(seen[place], glance.time)
            numbers[place] = track.id
            free.discard(place)
            found.add(track.id)
        self._count_misses(found, glance)
        for place in sorted(free):
            if seen[place].score >= self._config.first_score:
                numbers[place] = self._begin(seen[place], glance.time)
        self._tracks = [track for track in self._tracks if self._lives(track, glance.time)]
        self._merge()
        return numbers

    def objects(self, now: float) -> list[TrackedObject]:
        """Return all that was shown often enough, by number."""
        return [
            track.at(now)
            for track in self._tracks
            if track.hits >= self._config.hits and self._lives(track, now)
        ]

    def clear(self) -> None:
        """Forget everything; numbers are not used again."""
        self._tracks = []

    def _pairs(self, seen: list[Placed]) -> list[tuple[Track, int]]:
        """Return which sighting is of which track: the likeliest pairs of all (Hungarian)."""
        if not seen or not self._tracks:
            return []
        cost = np.full((len(self._tracks), len(seen)), FORBIDDEN)
        for row, track in enumerate(self._tracks):
            for column, one in enumerate(seen):
                if one.kind != track.kind or one.score < self._config.least_score:
                    continue
                distance, volume = track.distance(one)
                if distance < GATE:
                    cost[row, column] = distance + volume
        rows, columns = linear_sum_assignment(cost)
        return [
            (self._tracks[row], int(column))
            for row, column in zip(rows, columns, strict=True)
            if cost[row, column] < 0.5 * FORBIDDEN
        ]

    def _begin(self, one: Placed, time: float) -> int:
        self._tracks.append(Track(self._next, one, time))
        self._next += 1
        return self._next - 1

    def _count_misses(self, found: set[int], glance: Glance) -> None:
        missing = [track for track in self._tracks if track.id not in found]
        nearer = [track for track in self._tracks if track.id in found]
        for track in missing:
            if sightline(glance, track.position) is not Sightline.OPEN:
                continue
            if any(_hides(glance, other, track) for other in nearer):
                continue
            track.misses += 1

    def _lives(self, track: Track, now: float) -> bool:
        config = self._config
        is_person = track.kind == PERSON
        misses = config.person_misses if is_person else config.thing_misses
        if track.hits < config.hits:
            misses = config.hits  # what was hardly shown must be shown again soon
        kept = config.person_unseen_s if is_person else config.thing_unseen_s
        return track.misses < misses and now - track.seen_at <= kept

    def _merge(self) -> None:
        """Drop the younger of two tracks that are one thing."""
        kept: list[Track] = []
        for track in self._tracks:
            reach = ONE_PERSON_M
            if track.kind != PERSON:
                reach = ONE_THING_SHARE * float(track.size[:2].min())
            twins = (
                other
                for other in kept
                if other.kind == track.kind
                and np.hypot(*(other.position - track.position)[:2]) < reach
                and min(track.hits, other.hits) < 3 * self._config.hits
            )
            if next(twins, None) is None:
                kept.append(track)
        self._tracks = kept


def sightline(glance: Glance, point: np.ndarray) -> Sightline:
    """Return whether a camera could see a point (3,) in odom: in its picture, nothing before it."""
    seen = glance.pose.rotation.T @ (point - glance.pose.position)
    if seen[2] < NEAREST_M:
        return Sightline.OUTSIDE
    pinhole = glance.pinhole
    u, v = pinhole.project(seen[None])[0]
    inside = PICTURE_EDGE_PX <= u < pinhole.width - PICTURE_EDGE_PX and (
        PICTURE_EDGE_PX <= v < pinhole.height - PICTURE_EDGE_PX
    )
    if not inside:
        return Sightline.OUTSIDE
    if glance.depth is None:
        return Sightline.OPEN
    rows, columns = glance.depth.shape
    there = glance.depth[int(v * rows / pinhole.height), int(u * columns / pinhole.width)]
    return Sightline.HIDDEN if there < seen[2] - HIDDEN_BEHIND_M else Sightline.OPEN


def _hides(glance: Glance, front: Track, back: Track) -> bool:
    """Return whether one track stands before another, as the camera sees them from above."""
    near = front.position - glance.pose.position
    far = back.position - glance.pose.position
    ways = np.hypot(*near[:2]), np.hypot(*far[:2])
    if ways[0] >= ways[1]:
        return False
    off = abs(near[0] * far[1] - near[1] * far[0]) / max(ways[1], 1e-6)
    return bool(off < 0.5 * (front.size[:2].max() + back.size[:2].max()))
