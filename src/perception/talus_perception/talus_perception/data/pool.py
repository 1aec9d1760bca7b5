# SPDX-License-Identifier: Apache-2.0
"""Keeps the newest pairs in memory: each trains a few times before fresher ones replace it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from talus_perception.data.frames import Pair


class Pool:
    """Holds at most `size` pairs, and counts the worlds that were taken in."""

    def __init__(self, source: Iterator[tuple[int, list[Pair]]], size: int):
        """Take pairs from `source`, which yields worlds by number."""
        self._source = source
        self._size = size
        self._pairs: list[Pair] = []
        self._oldest = 0
        self._waiting: list[Pair] = []
        self.next_world = 0

    def __len__(self) -> int:
        return len(self._pairs)

    def take_in(self, count: int) -> None:
        """Put `count` fresh pairs in the place of the oldest."""
        for _ in range(count):
            while not self._waiting:
                number, self._waiting = next(self._source)
                self.next_world = number + 1
            pair = self._waiting.pop()
            if len(self._pairs) < self._size:
                self._pairs.append(pair)
            else:
                self._pairs[self._oldest] = pair
                self._oldest = (self._oldest + 1) % self._size

    def draw(self, rng: np.random.Generator, count: int) -> list[Pair]:
        """Return `count` different pairs."""
        chosen = rng.choice(len(self._pairs), count, replace=False)
        return [self._pairs[number] for number in chosen]
