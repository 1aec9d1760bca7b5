# SPDX-License-Identifier: Apache-2.0
"""Counts how often a track changes its person: two people who cross before noisy detections.

Seeded and rendered by nobody: a detector is imitated by its errors, each with its own size.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from talus_core.pinhole import Pinhole
from talus_core.transform import Transform

from talus_perception.seeing.placing import Glance, Placed, place
from talus_perception.tracking.tracker import Tracker, TrackerConfig
from talus_perception.words import PERSON

CROSSING_S = 6.0  # of one crossing: they come, meet and go
CROSSING_EYE_M = 1.5
EYE_AHEAD = np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])
CROSSING_PINHOLE = Pinhole(320, 256, 160.0, 160.0, 159.5, 127.5)
BODY_M = np.array((0.5, 0.5, 1.7))
SAME_PERSON_M = 0.8  # from a track to the person whom it follows, at most


@dataclass(frozen=True)
class CrossingConfig:
    """Defines the crossings, and the errors of the detector that is imitated.

    Attributes:
        crossings: How many.
        seed: Of all of them.
        rate_hz: Pictures per second.
        depth_share: One standard deviation of a depth over it.
        pixels: One standard deviation of a centre, px.
        missed: Share of people who are not found though they could be.
        false: Things found in a picture that are nobody, on average.
        hidden_px: Centres nearer than this in the picture: the farther one is hidden.
    """

    crossings: int = 60
    seed: int = 0
    rate_hz: float = 10.0
    depth_share: float = 0.08
    pixels: float = 2.0
    missed: float = 0.1
    false: float = 0.1
    hidden_px: float = 14.0


@dataclass(frozen=True)
class Switches:
    """Holds what was counted.

    Attributes:
        switches: Times a person was followed under another number than before.
        minutes: Of people in view.
        seen_share: Of instants at which a person in view was followed.
    """

    switches: int
    minutes: float
    seen_share: float


def count_switches(config: CrossingConfig, tracker: TrackerConfig | None = None) -> Switches:
    """Let pairs of people cross before one camera, and count."""
    rng = np.random.default_rng(config.seed)
    switches = 0
    followed = 0
    instants = 0
    for _ in range(config.crossings):
        walk = _walk(rng)
        following = Tracker(tracker)
        last: dict[int, int] = {}
        for tick in range(round(CROSSING_S * config.rate_hz)):
            time = tick / config.rate_hz
            glance = Glance("eye", time, CROSSING_PINHOLE, Transform(EYE_AHEAD, _eye()))
            people = walk[0] + time * walk[1]
            following.step(_detections(rng, config, glance, people), glance)
            if time < 1.0:
                continue  # tracks begin
            for person, number in _numbers(following, people, time).items():
                instants += 1
                followed += number > 0
                switches += number > 0 and last.get(person, number) != number
                if number > 0:
                    last[person] = number
    minutes = instants / config.rate_hz / 60.0
    return Switches(switches, minutes, followed / max(instants, 1))


def _eye() -> np.ndarray:
    return np.array((0.0, 0.0, CROSSING_EYE_M))


def _walk(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return places at the start and velocities of two people, (2, 3), who meet half way."""
    meet = np.array((rng.uniform(2.0, 4.5), rng.uniform(-0.5, 0.5)))
    gap = rng.uniform(0.45, 0.8)  # between them where they pass
    heading = rng.uniform(-math.pi, math.pi)
    angles = (heading, heading + math.pi + rng.uniform(-0.6, 0.6))
    starts = np.zeros((2, 3))
    speeds = np.zeros((2, 3))
    for person, angle in enumerate(angles):
        way = np.array((math.cos(angle), math.sin(angle)))
        speed = rng.uniform(0.5, 1.2) * way
        side = (0.5 - person) * gap * np.array((-math.sin(heading), math.cos(heading)))
        starts[person] = (*(meet + side - 0.5 * CROSSING_S * speed), 0.5 * BODY_M[2])
        speeds[person, :2] = speed
    return starts, speeds


def _detections(
    rng: np.random.Generator, config: CrossingConfig, glance: Glance, people: np.ndarray
) -> list[Placed]:
    pinhole = glance.pinhole
    camera = (people - glance.pose.position) @ glance.pose.rotation
    ahead = camera[:, 2] > 0.5
    pixels = pinhole.project(np.where(ahead[:, None], camera, 1.0))
    found = []
    for person in np.argsort(camera[:, 2]):
        u, v = pixels[person]
        inside = ahead[person] and 0 <= u < pinhole.width and 0 <= v < pinhole.height
        other = 1 - person
        hidden = (
            camera[other, 2] < camera[person, 2] and abs(pixels[other, 0] - u) < config.hidden_px
        )
        if not inside or hidden or rng.random() < config.missed:
            continue
        depth = float(camera[person, 2] * math.exp(rng.normal(0.0, config.depth_share)))
        at = tuple(np.array((u, v)) + rng.normal(0.0, config.pixels, 2))
        found.append(_placed(glance, at, depth, config.depth_share, rng.uniform(0.5, 1.0)))
    for _ in range(rng.poisson(config.false)):
        at = (rng.uniform(0, pinhole.width), rng.uniform(100, 160))
        depth = float(rng.uniform(1.5, 8.0))
        found.append(_placed(glance, at, depth, config.depth_share, rng.uniform(0.3, 0.6)))
    return found


def _placed(
    glance: Glance, pixel: tuple[float, float], depth: float, share: float, score: float
) -> Placed:
    position, covariance = place(glance, pixel, depth, share)
    return Placed(PERSON, score, (0.0, 0.0, 1.0, 1.0), position, covariance, BODY_M, 0.0)


def _numbers(tracker: Tracker, people: np.ndarray, time: float) -> dict[int, int]:
    """Return the number under which each person in view is followed; 0: under none."""
    objects = tracker.objects(time)
    left = list(objects)
    numbers = {}
    order = np.argsort(people[:, 0])
    for person in (int(one) for one in order):
        away = people[person] - _eye()
        if away[0] < 0.7 or abs(away[1]) > 0.9 * away[0]:
            continue
        near = min(left, key=lambda one: _gap(one.position, people[person]), default=None)
        if near is None or _gap(near.position, people[person]) > SAME_PERSON_M:
            numbers[person] = 0
            continue
        left.remove(near)
        numbers[person] = near.id
    return numbers


def _gap(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.hypot(*(a - b)[:2]))
