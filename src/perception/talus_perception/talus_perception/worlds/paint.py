# SPDX-License-Identifier: Apache-2.0
"""Paints surfaces by procedure: noise, planks, tiles, stripes, speckles, dirt."""

from __future__ import annotations

import numpy as np

PAINT_PIXELS = 128  # of a side


def paint(rng: np.random.Generator, families: tuple[str, ...]) -> np.ndarray:
    """Return one picture that tiles, (PAINT_PIXELS, PAINT_PIXELS, 3) uint8, of one of `families`.

    All are names in `FAMILIES`.
    """
    grey = FAMILIES[families[rng.integers(len(families))]](rng)
    low, high = _two_colours(rng)
    picture = low + grey[..., None] * (high - low)
    picture = picture + rng.uniform(0.0, 0.05) * rng.standard_normal((*grey.shape, 1))
    if rng.random() < 0.4:  # dirt
        picture = picture * (1.0 - rng.uniform(0.1, 0.5) * _noise(rng, 8)[..., None])
    return (255.0 * np.clip(picture, 0.0, 1.0)).astype(np.uint8)


def _two_colours(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    first = np.clip(rng.uniform(0.1, 0.95) + rng.beta(1, 3) * rng.uniform(-0.8, 0.8, 3), 0, 1)
    second = np.clip(first + rng.uniform(0.05, 0.5) * rng.uniform(-1.0, 1.0, 3), 0, 1)
    if rng.random() < 0.15:
        second = rng.uniform(0.0, 1.0, 3)
    return first, second


def _noise(rng: np.random.Generator, cells: int, octaves: int = 3) -> np.ndarray:
    """Return soft noise, 0 to 1, (PAINT_PIXELS, PAINT_PIXELS), that tiles."""
    total = np.zeros((PAINT_PIXELS, PAINT_PIXELS))
    for octave in range(octaves):
        count = min(cells * 2**octave, PAINT_PIXELS)
        coarse = rng.random((count, count))
        place = np.arange(PAINT_PIXELS) * count / PAINT_PIXELS
        first = place.astype(int)
        share = place - first
        share = share * share * (3.0 - 2.0 * share)
        rows = coarse[first] * (1 - share)[:, None] + coarse[(first + 1) % count] * share[:, None]
        total += 0.5**octave * (rows[:, first] * (1 - share) + rows[:, (first + 1) % count] * share)
    total -= total.min()
    return total / max(float(total.max()), 1e-9)


def _plain(rng: np.random.Generator) -> np.ndarray:
    return np.full((PAINT_PIXELS, PAINT_PIXELS), rng.random())


def _clouds(rng: np.random.Generator) -> np.ndarray:
    return _noise(rng, int(rng.integers(2, 16)))


def _speckles(rng: np.random.Generator) -> np.ndarray:
    return (_noise(rng, 32, 2) > rng.uniform(0.55, 0.8)).astype(float)


def _tiles(rng: np.random.Generator) -> np.ndarray:
    count = int(2 ** rng.integers(1, 4))
    side = PAINT_PIXELS // count
    place = np.arange(PAINT_PIXELS) % side
    line = place < max(1, side // int(rng.integers(8, 20)))
    each = np.repeat(np.repeat(rng.random((count, count)), side, 0), side, 1)
    return np.where(line[:, None] | line, 0.0, 0.5 + rng.uniform(0.0, 0.5) * each)


def _planks(rng: np.random.Generator) -> np.ndarray:
    count = int(2 ** rng.integers(2, 4))
    width = PAINT_PIXELS // count
    grain = _noise(rng, 4)[:, ::1]
    stretched = np.repeat(grain[: PAINT_PIXELS // 8], 8, 0)
    shade = np.repeat(rng.random(count), width)
    gap = np.arange(PAINT_PIXELS) % width == 0
    return np.where(gap, 0.0, 0.4 + 0.3 * shade + 0.3 * stretched)


def _bricks(rng: np.random.Generator) -> np.ndarray:
    high = PAINT_PIXELS // int(2 ** rng.integers(3, 5))
    row = np.arange(PAINT_PIXELS) // high
    along = (np.arange(PAINT_PIXELS)[None] + (row % 2 * high)[:, None]) % (2 * high)
    joint = (along < 2) | (np.arange(PAINT_PIXELS) % high < 2)[:, None]
    return np.where(joint, 0.1, 0.6 + 0.4 * _noise(rng, 16))


def _stripes(rng: np.random.Generator) -> np.ndarray:
    count = int(rng.integers(1, 12))
    tilt = int(rng.integers(0, 3))
    place = np.arange(PAINT_PIXELS)
    phase = (place[:, None] * count + tilt * place * count) / PAINT_PIXELS
    return (np.sin(2 * np.pi * phase) > rng.uniform(-0.6, 0.6)).astype(float)


def _checks(rng: np.random.Generator) -> np.ndarray:
    side = PAINT_PIXELS // int(2 ** rng.integers(1, 5))
    place = np.arange(PAINT_PIXELS) // side
    return ((place[:, None] + place) % 2).astype(float)


def _brushed(rng: np.random.Generator) -> np.ndarray:
    return np.repeat(rng.random((PAINT_PIXELS, 1)), PAINT_PIXELS, 1) * 0.5 + 0.5 * _noise(rng, 4)


def _signs(rng: np.random.Generator) -> np.ndarray:
    """Draw bars and blocks, as labels have them."""
    grey = np.full((PAINT_PIXELS, PAINT_PIXELS), 0.9)
    for _ in range(int(rng.integers(4, 24))):
        row, column = rng.integers(0, PAINT_PIXELS - 8, 2)
        high = rng.integers(2, 24)
        wide = rng.integers(2, 60)
        grey[row : row + high, column : column + wide] = rng.random()
    return grey


FAMILIES = {
    "plain": _plain,
    "clouds": _clouds,
    "speckles": _speckles,
    "tiles": _tiles,
    "planks": _planks,
    "stripes": _stripes,
    "signs": _signs,
    "bricks": _bricks,
    "checks": _checks,
    "brushed": _brushed,
}
# The last are never seen in training.
HELD_OUT_FAMILIES = ("bricks", "checks", "brushed", "plain")
TRAINING_FAMILIES = ("plain", "clouds", "speckles", "tiles", "planks", "stripes", "signs")
