# SPDX-License-Identifier: Apache-2.0
"""Generates worlds for the scorecard: a start platform level with z = 0, then what is to be crossed along x.

Everything is made of boxes above a floor far below, so that ground may also lie lower than the start.
"""

from __future__ import annotations

import math
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from talus_core.errors import TalusError, UnknownNameError
from talus_core.physics import GRAVITY_MPS2

START = 0.8  # m ahead of the robot's start, where the ground begins
HALF_WIDTH = 1.5  # m; a robot that drifts farther aside than that has lost its way
BEYOND = 3.0  # m of level ground after it
DEPTH = 0.5  # m, thickness of every box
FLOOR = -3.0  # m, below all ground
FRICTION = 0.9  # rubber on a dry floor
TILE = 0.30  # m, about a foot and a half: most steps land on two blocks
PLAIN = 40.0  # m: what the fastest walks in the time of a trial, and room to spare
FIELD = 3.0  # m of blocks, ramp or patch
TREAD = 0.30  # m of a stair
STAIRS = 4  # up, a landing, and down again
LANDING = 0.9  # m
PATCH = 1.2  # m


@dataclass(frozen=True)
class Ground:
    """What is to be crossed.

    Attributes:
        kind: One of `KINDS`.
        size: m (blocks, steps, stairs), degrees (slopes) or friction (patches).
        seed: Of what is random.
    """

    kind: str = "flat"
    size: float = 0.0
    seed: int = 0


@dataclass(frozen=True)
class _Box:
    """Its top centre (x, y, z) and its extents along x and y, m; turned by euler (roll, pitch), degrees."""

    top: tuple[float, float, float]
    length: float
    width: float = 2.0 * HALF_WIDTH
    roll: float = 0.0
    pitch: float = 0.0
    friction: float = FRICTION


def _level(x: float, z: float, length: float) -> _Box:
    return _Box((x + 0.5 * length, 0.0, z), length)


def _flat(ground: Ground) -> Iterator[_Box]:
    yield _level(START, 0.0, PLAIN)


def _blocks(ground: Ground) -> Iterator[_Box]:
    """Tops between -size and +size."""
    rows, columns = round(FIELD / TILE), round(2.0 * HALF_WIDTH / TILE)
    tops = np.random.default_rng(ground.seed).uniform(-ground.size, ground.size, (rows, columns))
    for (row, column), top in np.ndenumerate(tops):
        yield _Box((START + (row + 0.5) * TILE, (column + 0.5) * TILE - HALF_WIDTH, float(top)), TILE, TILE)
    yield _level(START + FIELD, 0.0, BEYOND)


def _step_up(ground: Ground) -> Iterator[_Box]:
    yield _level(START, ground.size, FIELD + BEYOND)


def _step_down(ground: Ground) -> Iterator[_Box]:
    yield _level(START, -ground.size, FIELD + BEYOND)


def _stairs(ground: Ground) -> Iterator[_Box]:
    x = START
    for step in (*range(1, STAIRS + 1), *range(STAIRS - 1, 0, -1)):
        length = LANDING if step == STAIRS else TREAD
        yield _level(x, step * ground.size, length)
        x += length
    yield _level(x, 0.0, BEYOND)


def _slope_up(ground: Ground) -> Iterator[_Box]:
    yield from _ramp(math.radians(ground.size))


def _slope_down(ground: Ground) -> Iterator[_Box]:
    yield from _ramp(-math.radians(ground.size))


def _ramp(rise: float) -> Iterator[_Box]:
    run, height = FIELD * math.cos(rise), FIELD * math.sin(rise)
    yield _Box((START + 0.5 * run, 0.0, 0.5 * height), FIELD, pitch=-math.degrees(rise))
    yield _level(START + run, height, BEYOND)


def _slope_across(ground: Ground) -> Iterator[_Box]:
    """Falls to the right, all the way."""
    yield _Box((START + 0.5 * (FIELD + BEYOND), 0.0, 0.0), FIELD + BEYOND, roll=ground.size)


def _patch(ground: Ground) -> Iterator[_Box]:
    """Slippery for both feet over `PATCH` m, level with its surroundings."""
    yield _Box((START + 0.5 * PATCH, 0.0, 0.0), PATCH, friction=ground.size)
    yield _level(START + PATCH, 0.0, FIELD - PATCH + BEYOND)


def _patch_left(ground: Ground) -> Iterator[_Box]:
    """Slippery for the left foot alone."""
    half = HALF_WIDTH
    yield _Box((START + 0.5 * PATCH, 0.5 * half, 0.0), PATCH, half, friction=ground.size)
    yield _Box((START + 0.5 * PATCH, -0.5 * half, 0.0), PATCH, half)
    yield _level(START + PATCH, 0.0, FIELD - PATCH + BEYOND)


_Builder = Callable[[Ground], Iterator[_Box]]
# Builder and greatest size: half a leg; a slope on which rubber slides; a friction that no pair of materials has.
KINDS: dict[str, tuple[_Builder, float]] = {
    "flat": (_flat, 0.0),
    "blocks": (_blocks, 0.3),
    "step_up": (_step_up, 0.4),
    "step_down": (_step_down, 0.4),
    "stairs": (_stairs, 0.4),
    "slope_up": (_slope_up, 40.0),
    "slope_down": (_slope_down, 40.0),
    "slope_across": (_slope_across, 40.0),
    "patch": (_patch, 2.0),
    "patch_left": (_patch_left, 2.0),
}
FIELD_ENDS = START + FIELD  # m ahead of the start: whatever is there lies behind


def world_text(ground: Ground, gravity: float = GRAVITY_MPS2) -> str:
    """The world as MJCF; `gravity` in m/s^2. Raises TalusError for a ground that cannot be built."""
    if ground.kind not in KINDS:
        raise UnknownNameError("ground", ground.kind, KINDS)
    builder, most = KINDS[ground.kind]
    if not 0.0 <= ground.size <= most:
        raise TalusError(f"ground {ground.kind} of size {ground.size:g} cannot be built; it must be from 0 to {most:g}")
    root = ElementTree.Element("mujoco", model=ground.kind)
    ElementTree.SubElement(root, "option", gravity=f"0 0 {-gravity:g}")
    body = ElementTree.SubElement(root, "worldbody")
    ElementTree.SubElement(body, "geom", name="floor", type="plane", size="0 0 0.1", pos=f"0 0 {FLOOR:g}")
    start = _level(-1.5, 0.0, 1.5 + START)
    for number, box in enumerate((start, *builder(ground))):
        ElementTree.SubElement(body, "geom", name=f"ground_{number}", **_attributes(box))
    return ElementTree.tostring(root, encoding="unicode")


def _attributes(box: _Box) -> dict[str, str]:
    roll, pitch = math.radians(box.roll), math.radians(box.pitch)
    up = np.array([math.sin(pitch), -math.sin(roll), math.cos(roll) * math.cos(pitch)])  # one of both angles is 0
    x, y, z = np.array(box.top) - 0.5 * DEPTH * up
    attributes = {
        "type": "box",
        "pos": f"{x:.6f} {y:.6f} {z:.6f}",
        "size": f"{0.5 * box.length:.6f} {0.5 * box.width:.6f} {0.5 * DEPTH:.6f}",
        "euler": f"{box.roll:.6f} {box.pitch:.6f} 0",
        "friction": f"{box.friction:g} 0.005 0.0001",
    }
    # Of two geoms MuJoCo takes the greater friction, or that of the higher priority, which also decides the stiffness.
    slippery = {"priority": "1", "solref": "0.006 1"} if box.friction < FRICTION else {}
    return attributes | slippery
