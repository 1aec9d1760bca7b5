# SPDX-License-Identifier: Apache-2.0
"""Makes a whole world from a seed: room, furniture, people, paints and lights."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from talus_perception.worlds.figures import Figures, add_people
from talus_perception.worlds.furniture import add_furniture
from talus_perception.worlds.paint import HELD_OUT_FAMILIES, TRAINING_FAMILIES, paint
from talus_perception.worlds.rooms import add_pillars, add_steps, empty_room
from talus_perception.worlds.things import Plan, Vector

TRAINING = "training"
HELD_OUT = "held_out"
# Added to the seed of a held-out world: no seed of training makes it.
HELD_OUT_SEED = 1_000_000_007
PAINTS = 14  # in a world
SHADOWED = 0.15  # of the worlds: shadows cost four times as much as all else


@dataclass(frozen=True)
class Light:
    """Describes a lamp: where it hangs, m, what it gives, and whether it is the sun."""

    position: Vector
    direction: Vector
    colour: Vector
    is_far: bool


@dataclass(frozen=True)
class World:
    """Holds a furnished world.

    Attributes:
        plan: The things and the room's size.
        paints: Pictures that the parts name, each (n, n, 3) uint8.
        metres: That one side of a paint covers, for each.
        lights: The lamps.
        ambient: Light from everywhere, 0 to 1.
        is_shadowed: Whether lamps throw shadows.
    """

    plan: Plan
    paints: tuple[np.ndarray, ...]
    metres: tuple[float, ...]
    lights: tuple[Light, ...]
    ambient: float
    is_shadowed: bool


def make_world(seed: int, split: str, figures: Figures) -> World:
    """Return the world of a seed; held-out ones have other seeds, paints, people and lights."""
    is_held_out = split == HELD_OUT
    rng = np.random.default_rng(seed + (HELD_OUT_SEED if is_held_out else 0))
    plan = empty_room(rng, PAINTS)
    add_pillars(rng, plan)
    add_steps(rng, plan)
    add_furniture(rng, plan)
    add_people(rng, plan, figures.of_split(is_held_out))
    families = HELD_OUT_FAMILIES if is_held_out else TRAINING_FAMILIES
    return World(
        plan=plan,
        paints=tuple(paint(rng, families) for _ in range(PAINTS)),
        metres=tuple(float(m) for m in np.exp(rng.uniform(math.log(0.3), math.log(3.0), PAINTS))),
        lights=_lights(rng, plan, is_held_out),
        ambient=float(rng.uniform(0.1, 0.5)),
        is_shadowed=bool(rng.random() < SHADOWED),
    )


def _lights(rng: np.random.Generator, plan: Plan, is_held_out: bool) -> tuple[Light, ...]:
    """Return one to four lamps; held-out worlds have warm ones, and sun more often."""
    count = int(rng.integers(1, 5))
    lights = []
    for _ in range(count):
        x, y = (float(rng.uniform(-0.9, 0.9)) * half for half in plan.half)
        warm = float(rng.uniform(-0.15, 0.1) if not is_held_out else rng.uniform(0.1, 0.3))
        strength = float(rng.uniform(0.3, 0.9)) / math.sqrt(count)
        tint = (strength * (1 + warm), strength, strength * (1 - warm))
        lean = rng.uniform(-0.6, 0.6, 2)
        is_far = bool(rng.random() < (0.5 if is_held_out else 0.25))
        lights.append(
            Light((x, y, plan.height - 0.1), (float(lean[0]), float(lean[1]), -1.0), tint, is_far)
        )
    return tuple(lights)
