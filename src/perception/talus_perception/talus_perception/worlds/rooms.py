# SPDX-License-Identifier: Apache-2.0
"""Builds the room: floor, walls with doors, ceiling, pillars, and steps that lead up."""

from __future__ import annotations

import math

import numpy as np

from talus_perception.worlds.things import Part, Plan, Thing, box, colour

WALL_M = 0.1  # thickness
# m a step; stairs of buildings have 0.12 to 0.20 (DIN 18065)
STEP_RISE_M = (0.05, 0.22)
STEP_TREAD_M = (0.22, 0.45)


def empty_room(rng: np.random.Generator, paints: int) -> Plan:
    """Return a room with floor, walls, ceiling and doors, and nothing in it yet."""
    half = (float(rng.uniform(2.0, 7.0)), float(rng.uniform(2.0, 6.0)))
    plan = Plan(half, float(rng.uniform(2.4, 5.0)), paints)
    length = 2 * half[0]
    width = 2 * half[1]
    plain = {
        name: (int(rng.integers(paints)), colour(rng, 0.4)) for name in ("floor", "wall", "ceiling")
    }

    def slab(surface: str, size, position) -> Part:
        number, tint = plain[surface]
        return box(surface, size, position, number, colour=tint)

    parts = [slab("floor", (length, width, 0.1), (0, 0, -0.05))]
    if rng.random() < 0.8:
        parts.append(slab("ceiling", (length, width, 0.1), (0, 0, plan.height + 0.05)))
    for side in (-1, 1):
        if rng.random() < 0.9:
            place = (side * (half[0] + WALL_M / 2), 0.0, plan.height / 2)
            parts.append(slab("wall", (WALL_M, width, plan.height), place))
        if rng.random() < 0.9:
            place = (0.0, side * (half[1] + WALL_M / 2), plan.height / 2)
            parts.append(slab("wall", (length, WALL_M, plan.height), place))
    plan.things.append(Thing("", tuple(parts)))
    for _ in range(int(rng.integers(0, 3))):
        plan.things.append(_door(rng, plan))
    return plan


def _door(rng: np.random.Generator, plan: Plan) -> Thing:
    """Return a closed or half open door before a wall, with its handle; x looks into the room."""
    width = float(rng.uniform(0.75, 1.1))
    height = float(rng.uniform(1.95, 2.2))
    side = int(rng.integers(4))
    along = float(rng.uniform(-0.7, 0.7))
    yaw = (0.0, math.pi / 2, math.pi, -math.pi / 2)[side]
    depth = 0.03 + (float(rng.uniform(0.0, 0.25)) if rng.random() < 0.3 else 0.0)
    x = (-plan.half[0] + depth, along * plan.half[0], plan.half[0] - depth, along * plan.half[0])
    y = (along * plan.half[1], -plan.half[1] + depth, along * plan.half[1], plan.half[1] - depth)
    tint = colour(rng, 0.2)
    frame = colour(rng, 0.2)
    number = int(rng.integers(plan.paints))
    parts = [box("door", (0.05, width, height), (0, 0, height / 2), number, colour=tint)]
    for edge in (-1, 1):
        place = (0, edge * (width / 2 + 0.04), height / 2)
        parts.append(box("door", (0.08, 0.08, height), place, colour=frame))
    grip = float(rng.choice((-1, 1))) * (width / 2 - 0.09)
    shine = colour(rng, 0.3)
    parts.append(box("handle", (0.05, 0.13, 0.025), (0.06, grip, 1.02), colour=shine))
    parts.append(
        Part(
            "cylinder",
            (0.025, 0.008, 0),
            (0.03, grip, 1.02),
            "handle",
            colour=shine,
            quat_wxyz=(math.sqrt(0.5), 0, math.sqrt(0.5), 0),
        )
    )
    if rng.random() < 0.3:
        pane = (0.055, width * 0.5, height * 0.25)
        parts.append(box("door", pane, (0, 0, height * 0.72), colour=(0.6, 0.75, 0.8)))
    position = (x[side], y[side], 0.0)
    plan.taken.append((position[0], position[1], 0.3))
    return Thing(
        "door",
        tuple(parts),
        position,
        yaw,
        (0.08, width, height),
        (0, 0, height / 2),
        period=2 * math.pi,
    )


def add_pillars(rng: np.random.Generator, plan: Plan) -> None:
    """Put up to two pillars into the room."""
    for _ in range(int(rng.integers(0, 3))):
        radius = float(rng.uniform(0.1, 0.35))
        place = plan.free_place(rng, radius)
        if place is None:
            continue
        number = int(rng.integers(plan.paints))
        position = (0.0, 0.0, plan.height / 2)
        if rng.random() < 0.5:
            size = (radius, plan.height / 2, 0.0)
            part = Part("cylinder", size, position, "pillar", number, colour(rng, 0.3))
        else:
            size = (1.4 * radius, 1.4 * radius, plan.height)
            part = box("pillar", size, position, number, colour=colour(rng, 0.3))
        plan.things.append(Thing("", (part,), (*place, 0.0), float(rng.uniform(0, math.pi))))
        plan.taken.append((*place, radius))


def add_steps(rng: np.random.Generator, plan: Plan) -> None:
    """Put a flight of steps into the room, most often; it ends on a platform."""
    if rng.random() > 0.7:
        return
    count = int(rng.integers(1, 7))
    rise = float(rng.uniform(*STEP_RISE_M))
    tread = float(rng.uniform(*STEP_TREAD_M))
    width = float(rng.uniform(0.8, 2.0))
    landing = float(rng.uniform(0.5, 1.5))
    length = count * tread + landing
    radius = 0.5 * math.hypot(length, width)
    place = plan.free_place(rng, min(radius, 0.9 * min(plan.half)))
    if place is None:
        return
    number = int(rng.integers(plan.paints))
    tint = colour(rng, 0.3)
    parts = []
    for step in range(count):
        size = (length - step * tread, width, rise)
        middle = (step * tread + 0.5 * size[0] - 0.5 * length, 0.0, (step + 0.5) * rise)
        shade = tuple(float(c) for c in np.clip(np.multiply(tint, rng.uniform(0.85, 1.1)), 0, 1))
        parts.append(box("step", size, middle, number, colour=shade))  # type: ignore[arg-type]
    yaw = float(rng.choice((0, 1, 2, 3))) * math.pi / 2
    plan.things.append(Thing("", tuple(parts), (*place, 0.0), yaw))
    plan.taken.append((*place, radius))
