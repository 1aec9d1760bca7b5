# SPDX-License-Identifier: Apache-2.0
"""Makes pairs of frames with their truth, world after world, from a seed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from talus_perception.worlds.figures import Figures
from talus_perception.worlds.rendering import WorldRenderer, open_picture_context
from talus_perception.worlds.truth import FrameTruth, frame_truth
from talus_perception.worlds.views import choose_view
from talus_perception.worlds.world import make_world

PAIRS_PER_WORLD = 6
DULL_SURFACES = 2  # a frame that shows fewer teaches little: one view in ten is kept all the same
KEEP_DULL = 0.1


@dataclass(frozen=True)
class TrueFrame:
    """Holds a picture, (rows, columns, 3) uint8, and all that is true of it."""

    picture: np.ndarray
    truth: FrameTruth


Pair = tuple[TrueFrame, TrueFrame]


@dataclass(frozen=True)
class WorldRange:
    """Says which worlds to make: `first` and on, of a split; equal ranges make equal frames."""

    seed: int
    split: str
    first: int = 0
    pairs_per_world: int = PAIRS_PER_WORLD


def world_pairs(worlds: WorldRange, figures: Figures) -> Iterator[tuple[int, list[Pair]]]:
    """Yield the number of each world and its pairs, without end. Raises RenderingError."""
    open_picture_context()
    number = worlds.first
    while True:
        yield number, _pairs_of(worlds, number, figures)
        number += 1


def _pairs_of(worlds: WorldRange, number: int, figures: Figures) -> list[Pair]:
    seed = worlds.seed * 10_000_000 + number
    world = make_world(seed, worlds.split, figures)
    rng = np.random.default_rng((seed, 1))
    renderer = WorldRenderer(world, rng)
    parts = renderer.parts
    pairs: list[Pair] = []
    try:
        for _ in range(3 * worlds.pairs_per_world):
            view = choose_view(rng, world.plan)
            renders = renderer.render(view)
            first, second = (
                TrueFrame(
                    renders[now].picture, frame_truth(renderer.things, parts, view, renders, now)
                )
                for now in (0, 1)
            )
            shown = len(np.unique(first.truth.surface))
            if shown >= DULL_SURFACES or rng.random() < KEEP_DULL:
                pairs.append((first, second))
            if len(pairs) == worlds.pairs_per_world:
                break
    finally:
        renderer.close()
    return pairs
