# SPDX-License-Identifier: Apache-2.0
"""Generates worlds for the scorecard: a platform at z = 0, then what is to be crossed along x.

Everything is made of boxes above a floor far below: ground may also lie lower than the start.
"""

from __future__ import annotations

import math
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from talus_core.errors import TalusError, UnknownNameError
from talus_core.physics import GRAVITY_MPS2

GROUND_START_M = 0.8  # ahead of the robot's start, where the ground begins
HALF_WIDTH_M = 1.5  # a robot that drifts farther aside than that has lost its way
BEYOND_M = 3.0  # of level ground after it
BOX_DEPTH_M = 0.5
FLOOR_HEIGHT_M = -3.0  # below all ground
RUBBER_FRICTION = 0.9  # on a dry floor
TILE_M = 0.30  # about a foot and a half: most steps land on two blocks
PLAIN_M = 40.0  # what the fastest walks in the time of a trial, and room to spare
FIELD_M = 3.0  # of blocks, ramp or patch
TREAD_M = 0.30  # of a stair
STAIRS_UP = 4  # then a landing, and down again
LANDING_M = 0.9
PATCH_M = 1.2


@dataclass(frozen=True)
class Ground:
    """Describes what is to be crossed.

    Attributes:
        kind: One of `GROUND_KINDS`.
        size: m (blocks, steps, stairs), degrees (slopes) or friction (patches).
        seed: Seed of what is random.
    """

    kind: str = "flat"
    size: float = 0.0
    seed: int = 0


@dataclass(frozen=True)
class _Box:
    """Describes a box of the ground.

    Attributes:
        top: Centre of its upper face (x, y, z), m.
        length, width: Extents along x and y, m.
        roll, pitch: Turns about x and y, degrees; one of both is 0.
        friction: Friction of its surface.
    """

    top: tuple[float, float, float]
    length: float
    width: float = 2.0 * HALF_WIDTH_M
    roll: float = 0.0
    pitch: float = 0.0
    friction: float = RUBBER_FRICTION


def _level(x: float, z: float, length: float) -> _Box:
    return _Box((x + 0.5 * length, 0.0, z), length)


def _flat(ground: Ground) -> Iterator[_Box]:
    yield _level(GROUND_START_M, 0.0, PLAIN_M)


def _blocks(ground: Ground) -> Iterator[_Box]:
    """Yield blocks with tops between -size and +size."""
    rows = round(FIELD_M / TILE_M)
    columns = round(2.0 * HALF_WIDTH_M / TILE_M)
    tops = np.random.default_rng(ground.seed).uniform(-ground.size, ground.size, (rows, columns))
    for (row, column), top in np.ndenumerate(tops):
        x = GROUND_START_M + (row + 0.5) * TILE_M
        y = (column + 0.5) * TILE_M - HALF_WIDTH_M
        yield _Box((x, y, float(top)), TILE_M, TILE_M)
    yield _level(GROUND_START_M + FIELD_M, 0.0, BEYOND_M)


def _step_up(ground: Ground) -> Iterator[_Box]:
    yield _level(GROUND_START_M, ground.size, FIELD_M + BEYOND_M)


def _step_down(ground: Ground) -> Iterator[_Box]:
    yield _level(GROUND_START_M, -ground.size, FIELD_M + BEYOND_M)


def _stairs(ground: Ground) -> Iterator[_Box]:
    x = GROUND_START_M
    for step in (*range(1, STAIRS_UP + 1), *range(STAIRS_UP - 1, 0, -1)):
        length = LANDING_M if step == STAIRS_UP else TREAD_M
        yield _level(x, step * ground.size, length)
        x += length
    yield _level(x, 0.0, BEYOND_M)


def _slope_up(ground: Ground) -> Iterator[_Box]:
    yield from _ramp(math.radians(ground.size))


def _slope_down(ground: Ground) -> Iterator[_Box]:
    yield from _ramp(-math.radians(ground.size))


def _ramp(rise: float) -> Iterator[_Box]:
    run = FIELD_M * math.cos(rise)
    height = FIELD_M * math.sin(rise)
    yield _Box((GROUND_START_M + 0.5 * run, 0.0, 0.5 * height), FIELD_M, pitch=-math.degrees(rise))
    yield _level(GROUND_START_M + run, height, BEYOND_M)


def _slope_across(ground: Ground) -> Iterator[_Box]:
    """Yield ground that falls to the right, all the way."""
    yield _Box(
        (GROUND_START_M + 0.5 * (FIELD_M + BEYOND_M), 0.0, 0.0),
        FIELD_M + BEYOND_M,
        roll=ground.size,
    )


def _patch(ground: Ground) -> Iterator[_Box]:
    """Yield a patch that is slippery for both feet, level with its surroundings."""
    yield _Box((GROUND_START_M + 0.5 * PATCH_M, 0.0, 0.0), PATCH_M, friction=ground.size)
    yield _level(GROUND_START_M + PATCH_M, 0.0, FIELD_M - PATCH_M + BEYOND_M)


def _patch_left(ground: Ground) -> Iterator[_Box]:
    """Yield a patch that is slippery for the left foot alone."""
    half = HALF_WIDTH_M
    yield _Box(
        (GROUND_START_M + 0.5 * PATCH_M, 0.5 * half, 0.0), PATCH_M, half, friction=ground.size
    )
    yield _Box((GROUND_START_M + 0.5 * PATCH_M, -0.5 * half, 0.0), PATCH_M, half)
    yield _level(GROUND_START_M + PATCH_M, 0.0, FIELD_M - PATCH_M + BEYOND_M)


_Builder = Callable[[Ground], Iterator[_Box]]
# Builder and greatest size: half a leg; a slope on which rubber slides; a friction that no pair of
# materials has.
GROUND_KINDS: dict[str, tuple[_Builder, float]] = {
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
FIELD_END_M = GROUND_START_M + FIELD_M  # there, whatever was to be crossed lies behind


def world_text(ground: Ground, gravity: float = GRAVITY_MPS2) -> str:
    """Return the world as MJCF.

    Args:
        ground: What is to be crossed.
        gravity: Gravity, m/s^2.

    Raises:
        TalusError: For a ground that cannot be built.
    """
    if ground.kind not in GROUND_KINDS:
        raise UnknownNameError("ground", ground.kind, GROUND_KINDS)
    builder, most = GROUND_KINDS[ground.kind]
    if not 0.0 <= ground.size <= most:
        raise TalusError(
            f"ground {ground.kind} of size {ground.size:g} cannot be built; "
            f"it must be from 0 to {most:g}"
        )
    root = ElementTree.Element("mujoco", model=ground.kind)
    ElementTree.SubElement(root, "option", gravity=f"0 0 {-gravity:g}")
    body = ElementTree.SubElement(root, "worldbody")
    ElementTree.SubElement(
        body, "geom", name="floor", type="plane", size="0 0 0.1", pos=f"0 0 {FLOOR_HEIGHT_M:g}"
    )
    start = _level(-1.5, 0.0, 1.5 + GROUND_START_M)
    for number, box in enumerate((start, *builder(ground))):
        attributes = {"name": f"ground_{number}", **_attributes(box)}
        ElementTree.SubElement(body, "geom", attributes)
    return ElementTree.tostring(root, encoding="unicode")


def _attributes(box: _Box) -> dict[str, str]:
    roll = math.radians(box.roll)
    pitch = math.radians(box.pitch)
    # One of both angles is 0.
    up = np.array([math.sin(pitch), -math.sin(roll), math.cos(roll) * math.cos(pitch)])
    x, y, z = np.array(box.top) - 0.5 * BOX_DEPTH_M * up
    attributes = {
        "type": "box",
        "pos": f"{x:.6f} {y:.6f} {z:.6f}",
        "size": f"{0.5 * box.length:.6f} {0.5 * box.width:.6f} {0.5 * BOX_DEPTH_M:.6f}",
        "euler": f"{box.roll:.6f} {box.pitch:.6f} 0",
        "friction": f"{box.friction:g} 0.005 0.0001",
    }
    # Of two geoms MuJoCo takes the greater friction, or that of the higher priority, which also
    # decides the stiffness.
    slippery = {"priority": "1", "solref": "0.006 1"} if box.friction < RUBBER_FRICTION else {}
    return attributes | slippery
