# SPDX-License-Identifier: Apache-2.0
"""Describes what stands in a world: things of simple parts, each with a surface and a paint."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

Vector = tuple[float, float, float]
NO_SHIFT: Vector = (0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Part:
    """Describes one shape in the frame of its thing.

    Attributes:
        shape: box, cylinder, sphere, capsule or ellipsoid, or the name of a mesh.
        size: Half extents of a box and an ellipsoid; radius and half length else, m.
        position: Of its centre, m.
        surface: What it belongs to: a word of SURFACES.
        paint: Number of its paint in the world; None: plain `colour`.
        colour: Red, green, blue, each 0 to 1; multiplies the paint.
        quat_wxyz: How it is turned.
    """

    shape: str
    size: Vector
    position: Vector
    surface: str
    paint: int | None = None
    colour: Vector = (1.0, 1.0, 1.0)
    quat_wxyz: tuple[float, float, float, float] = (1.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Person:
    """Says where a person's parts are, in its thing's frame, m.

    Attributes:
        key_points: (17, 3), in the order of KEY_POINTS.
        hands: Corners of what holds the left and the right hand, (2, n, 3).
        outline: Points on the surface, (n, 3); their picture bounds the person.
    """

    key_points: np.ndarray
    hands: np.ndarray
    outline: np.ndarray


@dataclass(frozen=True)
class Thing:
    """Describes something that is in one piece and may move as a whole.

    Attributes:
        kind: A word of THINGS, "person", or "" for what no head looks for.
        parts: Its shapes.
        position: Of its frame in the world, m; z up.
        yaw: Of its frame in the world, rad.
        size: Of the box around it in its frame, m; around `centre`.
        centre: Of that box in its frame, m.
        velocity: In the world, m/s.
        turn_rate: About z, rad/s.
        period: rad after which a turned one looks the same: pi for a box.
        person: For people only.
    """

    kind: str
    parts: tuple[Part, ...]
    position: Vector = NO_SHIFT
    yaw: float = 0.0
    size: Vector = NO_SHIFT
    centre: Vector = NO_SHIFT
    velocity: Vector = NO_SHIFT
    turn_rate: float = 0.0
    period: float = math.pi
    person: Person | None = None

    def pose(self, time: float) -> np.ndarray:
        """Return its frame in the world after `time` s, (4, 4)."""
        yaw = self.yaw + self.turn_rate * time
        pose = np.eye(4)
        pose[:2, :2] = [[math.cos(yaw), -math.sin(yaw)], [math.sin(yaw), math.cos(yaw)]]
        pose[:3, 3] = np.add(self.position, np.multiply(self.velocity, time))
        return pose


@dataclass
class Plan:
    """Holds a world while it is being furnished.

    Attributes:
        half: Half length and width of the room, m.
        height: Of the room, m.
        paints: Count of paints that parts may name.
        things: What is there so far.
        taken: x, y, radius of places that are taken, m.
    """

    half: tuple[float, float]
    height: float
    paints: int
    things: list[Thing] = field(default_factory=list)
    taken: list[Vector] = field(default_factory=list)

    def free_place(
        self, rng: np.random.Generator, radius: float, tries: int = 20
    ) -> tuple[float, float] | None:
        """Return the middle of a circle that nothing stands in, or None."""
        for _ in range(tries):
            x, y = (rng.uniform(-half + radius, half - radius) for half in self.half)
            if all(math.hypot(x - a, y - b) > radius + r for a, b, r in self.taken):
                return x, y
        return None


def draw_size(rng: np.random.Generator, least: float, most: float) -> Vector:
    """Return three sides, m."""
    x, y, z = rng.uniform(least, most, 3)
    return float(x), float(y), float(z)


def box(
    surface: str, size: Vector, position: Vector, paint: int | None = None, **more: Vector
) -> Part:
    """Return a box by its whole size, m, around `position`."""
    half = (0.5 * size[0], 0.5 * size[1], 0.5 * size[2])
    return Part("box", half, position, surface, paint, **more)  # type: ignore[arg-type]


def colour(rng: np.random.Generator, least: float = 0.05) -> Vector:
    """Return a colour that is often dull and sometimes bright."""
    grey = rng.uniform(least, 1.0)
    strength = rng.beta(1.0, 1.5)
    red, green, blue = np.clip(grey + strength * rng.uniform(-0.7, 0.7, 3), least, 1.0)
    return float(red), float(green), float(blue)
