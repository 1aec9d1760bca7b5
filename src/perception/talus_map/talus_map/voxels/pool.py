# SPDX-License-Identifier: Apache-2.0
"""Keeps rows of one width in an array that grows, and gives rows that are free again."""

from __future__ import annotations

import numpy as np

_LEAST_ROWS = 64


class RowPool:
    """Hands out rows of an array.

    Attributes:
        rows: (capacity, width); what is not handed out has no meaning.
    """

    def __init__(self, width: int, dtype: type):
        self.rows: np.ndarray = np.empty((_LEAST_ROWS, width), dtype)
        self._free = np.arange(_LEAST_ROWS - 1, -1, -1, dtype=np.int32)

    @property
    def used(self) -> int:
        """Return how many rows are handed out."""
        return len(self.rows) - len(self._free)

    def take(self, count: int) -> np.ndarray:
        """Return (count,) int32 rows that nobody has, with any content."""
        if count > len(self._free):
            self._grow(self.used + count)
        taken = self._free[len(self._free) - count :][::-1]
        self._free = self._free[: len(self._free) - count]
        return taken

    def give(self, rows: np.ndarray) -> None:
        """Take (n,) rows back."""
        self._free = np.concatenate([self._free, rows.astype(np.int32)])

    def _grow(self, least: int) -> None:
        old = len(self.rows)
        capacity = max(least, old + old // 4)
        grown = np.empty((capacity, self.rows.shape[1]), self.rows.dtype)
        grown[:old] = self.rows
        self.rows = grown
        self.give(np.arange(capacity - 1, old - 1, -1))
