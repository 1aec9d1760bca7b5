# SPDX-License-Identifier: Apache-2.0
"""Furnishes a room: shelves, tables, and boxes and totes on them and on the floor."""

from __future__ import annotations

import math

import numpy as np

from talus_perception.worlds.things import Part, Plan, Thing, Vector, box, colour, draw_size
from talus_perception.worlds.work_cell import WORK_THINGS, tote


def add_furniture(rng: np.random.Generator, plan: Plan) -> None:
    """Put shelves, tables, boxes and odd shapes into the room."""
    for make, most in ((_shelf, 4), (_table, 4), (_loose_box, 6), (_loose_tote, 3), (_clutter, 5)):
        for _ in range(int(rng.integers(0, most + 1))):
            make(rng, plan)


def _pick_paint(rng: np.random.Generator, plan: Plan) -> int | None:
    return int(rng.integers(plan.paints)) if rng.random() < 0.7 else None


def carton(rng: np.random.Generator, plan: Plan, position: Vector, most: float = 0.6) -> Thing:
    """Return a box that stands at `position`, at most `most` m a side."""
    size = draw_size(rng, 0.12, most)
    brown = (0.7, 0.5, 0.3) if rng.random() < 0.4 else colour(rng)
    body = box("box", size, (0, 0, size[2] / 2), _pick_paint(rng, plan), colour=brown)
    parts = [body]
    if rng.random() < 0.5:  # a strip of tape
        strip = (size[0] + 0.004, 0.05, size[2] + 0.002)
        parts.append(box("box", strip, (0, 0, size[2] / 2), colour=colour(rng, 0.3)))
    yaw = float(rng.uniform(0, math.pi))
    return Thing("box", tuple(parts), position, yaw, size, (0, 0, size[2] / 2))


def _loose_box(rng: np.random.Generator, plan: Plan) -> None:
    place = plan.free_place(rng, 0.4)
    if place is None:
        return
    thing = carton(rng, plan, (*place, 0.0))
    plan.things.append(thing)
    if rng.random() < 0.3:
        plan.things.append(carton(rng, plan, (*place, thing.size[2]), min(thing.size)))
    plan.taken.append((*place, 0.5 * math.hypot(*thing.size[:2])))


def _loose_tote(rng: np.random.Generator, plan: Plan) -> None:
    place = plan.free_place(rng, 0.4)
    if place is not None:
        plan.things.append(tote(rng, plan, (*place, 0.0)))
        plan.taken.append((*place, 0.4))


def _clutter(rng: np.random.Generator, plan: Plan) -> None:
    """Put something without a name on the floor: a barrel, a ball, a pipe, a crooked block."""
    place = plan.free_place(rng, 0.3)
    if place is None:
        return
    radius = float(rng.uniform(0.05, 0.3))
    half = float(rng.uniform(0.05, 0.6))
    shape = str(rng.choice(("cylinder", "sphere", "capsule", "ellipsoid", "box")))
    size = (radius, half, half) if shape in ("ellipsoid", "box") else (radius, half, 0.0)
    flat = shape in ("cylinder", "capsule") and rng.random() < 0.4
    top = {"sphere": radius, "capsule": half + radius}.get(shape, half)
    quat = (math.sqrt(0.5), 0.0, math.sqrt(0.5), 0.0) if flat else (1.0, 0.0, 0.0, 0.0)
    part = Part(
        shape,
        size,
        (0, 0, radius if flat else top),
        "other",
        _pick_paint(rng, plan),
        colour(rng),
        quat,
    )
    plan.things.append(Thing("", (part,), (*place, 0.0), float(rng.uniform(0, 2 * math.pi))))
    plan.taken.append((*place, max(radius, half)))


def _table(rng: np.random.Generator, plan: Plan) -> None:
    """Put a table or bench with things of the work cell on it."""
    length = float(rng.uniform(0.8, 2.0))
    width = float(rng.uniform(0.5, 0.9))
    height = float(rng.uniform(0.6, 1.05))
    thick = float(rng.uniform(0.02, 0.06))
    radius = 0.5 * math.hypot(length, width)
    place = plan.free_place(rng, min(radius, 0.8 * min(plan.half)))
    if place is None:
        return
    legs = colour(rng)
    tint = colour(rng, 0.2)
    middle = (0, 0, height - thick / 2)
    parts = [box("table", (length, width, thick), middle, _pick_paint(rng, plan), colour=tint)]
    for x in (-1.0, 1.0):
        for y in (-1.0, 1.0):
            foot = (x * (length / 2 - 0.04), y * (width / 2 - 0.04), (height - thick) / 2)
            parts.append(box("table", (0.05, 0.05, height - thick), foot, colour=legs))
    yaw = (
        float(rng.uniform(0, 2 * math.pi))
        if rng.random() < 0.4
        else 0.5 * math.pi * int(rng.integers(4))
    )
    plan.things.append(Thing("", tuple(parts), (*place, 0.0), yaw))
    plan.taken.append((*place, radius))
    spots = _spots(rng, length, width, int(rng.integers(1, 9)))
    for x, y in spots:
        at = (
            place[0] + x * math.cos(yaw) - y * math.sin(yaw),
            place[1] + x * math.sin(yaw) + y * math.cos(yaw),
            height,
        )
        make = WORK_THINGS[int(rng.integers(len(WORK_THINGS)))]
        plan.things.append(make(rng, plan, at))


def _spots(
    rng: np.random.Generator, length: float, width: float, count: int
) -> list[tuple[float, float]]:
    """Return places on a table that are at least 0.25 m apart."""
    spots: list[tuple[float, float]] = []
    for _ in range(4 * count):
        x = float(rng.uniform(-0.5, 0.5)) * (length - 0.3)
        y = float(rng.uniform(-0.5, 0.5)) * (width - 0.3)
        if len(spots) < count and all(math.hypot(x - a, y - b) > 0.25 for a, b in spots):
            spots.append((x, y))
    return spots


def _shelf(rng: np.random.Generator, plan: Plan) -> None:
    """Put a shelf against a wall or into the room, with boxes and totes in it."""
    length = float(rng.uniform(0.8, 2.2))
    depth = float(rng.uniform(0.3, 0.6))
    height = float(rng.uniform(1.2, 2.3))
    boards = int(rng.integers(3, 6))
    place = plan.free_place(rng, min(0.6 * length, 0.8 * min(plan.half)))
    if place is None:
        return
    yaw = 0.5 * math.pi * int(rng.integers(4))
    if rng.random() < 0.7:  # its back to the wall at x = -half
        yaw = 0.0
        place = (-plan.half[0] + depth / 2 + 0.02, place[1])
    tint = colour(rng)
    number = _pick_paint(rng, plan)
    parts = []
    for side in (-1, 1):
        post = (depth, 0.04, height)
        parts.append(box("shelf", post, (0, side * length / 2, height / 2), colour=tint))
    if rng.random() < 0.5:
        back = (0.02, length, height)
        parts.append(box("shelf", back, (-depth / 2, 0, height / 2), number, colour=tint))
    for level in range(boards):
        z = 0.08 + level * (height - 0.1) / (boards - 1)
        parts.append(box("shelf", (depth, length, 0.03), (0, 0, z), number, colour=tint))
        gap = (height - 0.1) / (boards - 1) - 0.05
        for y in np.arange(-length / 2 + 0.3, length / 2 - 0.2, 0.5):
            if rng.random() < 0.6:
                at = (
                    place[0] - y * math.sin(yaw),
                    place[1] + y * math.cos(yaw),
                    z + 0.016,
                )
                make = tote if rng.random() < 0.3 else carton
                plan.things.append(make(rng, plan, at, min(gap, 0.42)))
    plan.things.append(Thing("", tuple(parts), (*place, 0.0), yaw))
    plan.taken.append((*place, 0.6 * length))
