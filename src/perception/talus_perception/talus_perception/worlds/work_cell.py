# SPDX-License-Identifier: Apache-2.0
"""Makes what is handled in a work cell: tote, battery cell, tray, lever, button, handle, box."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from talus_perception.worlds.things import Part, Plan, Thing, Vector, box, colour, draw_size

ON_ITS_SIDE = (math.sqrt(0.5), 0.0, math.sqrt(0.5), 0.0)  # wxyz: a cylinder along x
PANEL_M = 0.02  # what a lever, button or handle is fixed on


def _turned(rng: np.random.Generator) -> float:
    return float(rng.uniform(0, 2 * math.pi))


def tote(rng: np.random.Generator, plan: Plan, position: Vector, most: float = 0.6) -> Thing:
    """Return an open crate with a floor and four walls, perhaps with something in it."""
    length = float(rng.uniform(0.2, most))
    width = length * float(rng.uniform(0.6, 0.8))
    height = min(most, length) * float(rng.uniform(0.4, 0.8))
    wall = 0.012
    tint = colour(rng)
    rim = colour(rng) if rng.random() < 0.3 else tint
    sides: list[tuple[Vector, Vector]] = [
        ((length, width, wall), (0, 0, wall / 2)),
        ((wall, width, height), (length / 2, 0, height / 2)),
        ((wall, width, height), (-length / 2, 0, height / 2)),
        ((length, wall, height), (0, width / 2, height / 2)),
        ((length, wall, height), (0, -width / 2, height / 2)),
    ]
    parts = [box("tote", size, at, colour=tint) for size, at in sides]
    edge = (length + 0.03, width + 0.03, 0.02)
    for side in (-1, 1):
        at_x = (0.5 * side * edge[0], 0.0, height)
        at_y = (0.0, 0.5 * side * edge[1], height)
        parts.append(box("tote", (0.02, edge[1], 0.02), at_x, colour=rim))
        parts.append(box("tote", (edge[0], 0.02, 0.02), at_y, colour=rim))
    if rng.random() < 0.4:
        heap = (length * 0.8, width * 0.8, height * float(rng.uniform(0.3, 0.8)))
        parts.append(box("other", heap, (0, 0, heap[2] / 2), colour=colour(rng)))
    size = (length + 0.03, width + 0.03, height)
    return Thing("tote", tuple(parts), position, _turned(rng), size, (0, 0, height / 2))


def cell(rng: np.random.Generator, plan: Plan, position: Vector) -> Thing:
    """Return a cylindrical battery cell, larger than life at most by 2; standing or lying."""
    radius = float(rng.uniform(0.012, 0.035))
    half = radius * float(rng.uniform(1.5, 2.5))
    lies = rng.random() < 0.4
    tint = colour(rng)
    cap = (0.8, 0.8, 0.75)
    turn = ON_ITS_SIDE if lies else (1.0, 0.0, 0.0, 0.0)
    z = radius if lies else half
    end: Vector = (half, 0, z) if lies else (0, 0, 2 * half)
    parts = (
        Part("cylinder", (radius, half, 0), (0, 0, z), "cell", colour=tint, quat_wxyz=turn),
        Part("cylinder", (0.5 * radius, 0.1 * half, 0), end, "cell", colour=cap, quat_wxyz=turn),
    )
    size = (2 * half, 2 * radius, 2 * radius) if lies else (2 * radius, 2 * radius, 2 * half)
    return Thing("cell", parts, position, _turned(rng), size, (0, 0, z))


def tray(rng: np.random.Generator, plan: Plan, position: Vector) -> Thing:
    """Return a flat tray with a rim, and cells standing in it in rows."""
    length = float(rng.uniform(0.2, 0.45))
    width = float(rng.uniform(0.15, 0.3))
    rim = float(rng.uniform(0.015, 0.04))
    tint = colour(rng)
    parts = [box("tray", (length, width, 0.008), (0, 0, 0.004), colour=tint)]
    for side in (-1, 1):
        at_x = (side * length / 2, 0, rim / 2)
        at_y = (0, side * width / 2, rim / 2)
        parts.append(box("tray", (0.008, width, rim), at_x, colour=tint))
        parts.append(box("tray", (length, 0.008, rim), at_y, colour=tint))
    if rng.random() < 0.5:
        skin = colour(rng)
        for x in np.arange(-length / 2 + 0.05, length / 2 - 0.04, 0.06):
            for y in np.arange(-width / 2 + 0.05, width / 2 - 0.04, 0.06):
                if rng.random() < 0.6:
                    at = (float(x), float(y), 0.045)
                    parts.append(Part("cylinder", (0.018, 0.037, 0), at, "cell", colour=skin))
    size = (length, width, rim)
    return Thing("tray", tuple(parts), position, _turned(rng), size, (0, 0, rim / 2))


def _panel(rng: np.random.Generator, plan: Plan) -> tuple[list[Part], float]:
    """Return a stand with an upright panel that faces x, and the height of its middle."""
    width = float(rng.uniform(0.12, 0.25))
    height = float(rng.uniform(0.12, 0.3))
    number = int(rng.integers(plan.paints)) if rng.random() < 0.4 else None
    panel = box(
        "other", (PANEL_M, width, height), (-PANEL_M / 2, 0, height / 2), number, colour=colour(rng)
    )
    return [panel], height * float(rng.uniform(0.4, 0.65))


def lever(rng: np.random.Generator, plan: Plan, position: Vector) -> Thing:
    """Return a lever with a knob on a panel."""
    parts, z = _panel(rng, plan)
    length = float(rng.uniform(0.06, 0.14))
    angle = float(rng.uniform(-1.0, 1.0))
    tip = (0.02 + length * math.cos(angle), 0.0, z + length * math.sin(angle))
    turn = 0.5 * (0.5 * math.pi - angle)
    quat = (math.cos(turn), 0.0, math.sin(turn), 0.0)  # z to the tip
    middle = (0.02 + 0.5 * length * math.cos(angle), 0.0, z + 0.5 * length * math.sin(angle))
    rod = Part(
        "capsule", (0.008, length / 2, 0), middle, "lever", colour=colour(rng, 0.3), quat_wxyz=quat
    )
    knob = Part(
        "sphere", (float(rng.uniform(0.014, 0.024)), 0, 0), tip, "lever", colour=colour(rng)
    )
    foot = box("lever", (0.04, 0.04, 0.04), (0.02, 0, z), colour=colour(rng))
    size = (length + 0.04, 0.045, abs(tip[2] - z) + 0.045)
    centre = (0.5 * length * math.cos(angle) + 0.02, 0.0, 0.5 * (tip[2] + z))
    return Thing(
        "lever", (*parts, foot, rod, knob), position, _turned(rng), size, centre, period=2 * math.pi
    )


def button(rng: np.random.Generator, plan: Plan, position: Vector) -> Thing:
    """Return a round push button with a collar on a panel."""
    parts, z = _panel(rng, plan)
    radius = float(rng.uniform(0.015, 0.035))
    bright = ((0.9, 0.1, 0.1), (0.1, 0.7, 0.2), (0.9, 0.8, 0.1), colour(rng))
    tint = bright[int(rng.integers(4))]
    if rng.random() < 0.7:
        collar = (1.5 * radius, 0.006, 0.0)
        parts.append(
            Part(
                "cylinder",
                collar,
                (0.006, 0, z),
                "button",
                colour=colour(rng, 0.3),
                quat_wxyz=ON_ITS_SIDE,
            )
        )
    parts.append(
        Part(
            "cylinder",
            (radius, 0.012, 0),
            (0.015, 0, z),
            "button",
            colour=tint,
            quat_wxyz=ON_ITS_SIDE,
        )
    )
    size = (0.03, 3 * radius, 3 * radius)
    return Thing(
        "button", tuple(parts), position, _turned(rng), size, (0.012, 0, z), period=2 * math.pi
    )


def handle(rng: np.random.Generator, plan: Plan, position: Vector) -> Thing:
    """Return a bar to grip, held by two feet on a panel."""
    parts, z = _panel(rng, plan)
    half = float(rng.uniform(0.04, 0.07))
    out = float(rng.uniform(0.03, 0.06))
    tint = colour(rng)
    sideways = (math.sqrt(0.5), math.sqrt(0.5), 0.0, 0.0)
    parts.append(
        Part("capsule", (0.009, half, 0), (out, 0, z), "handle", colour=tint, quat_wxyz=sideways)
    )
    for side in (-1, 1):
        at = (out / 2, side * half, z)
        parts.append(box("handle", (out, 0.014, 0.014), at, colour=tint))
    size = (out + 0.01, 2 * half + 0.02, 0.02)
    return Thing(
        "handle", tuple(parts), position, _turned(rng), size, (out / 2, 0, z), period=2 * math.pi
    )


def small_carton(rng: np.random.Generator, plan: Plan, position: Vector) -> Thing:
    """Return a small box."""
    size = draw_size(rng, 0.05, 0.2)
    number = int(rng.integers(plan.paints)) if rng.random() < 0.6 else None
    body = box("box", size, (0, 0, size[2] / 2), number, colour=colour(rng))
    return Thing("box", (body,), position, _turned(rng), size, (0, 0, size[2] / 2))


def _small_tote(rng: np.random.Generator, plan: Plan, position: Vector) -> Thing:
    return tote(rng, plan, position, 0.35)


Maker = Callable[[np.random.Generator, Plan, Vector], Thing]
WORK_THINGS: tuple[Maker, ...] = (
    cell,
    cell,
    tray,
    lever,
    button,
    handle,
    small_carton,
    _small_tote,
)
