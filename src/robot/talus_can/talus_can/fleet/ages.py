# SPDX-License-Identifier: Apache-2.0
"""Counts the replies of each joint's drive, and says how old the newest is."""

from __future__ import annotations

import numpy as np

_NS = 1e-9


class ReplyAges:
    """Follows the counts of replies of n joints from one tick to the next.

    Attributes:
        replies: (n,) reports so far.
        missed: (n,) ticks so far in which a drive was asked and none of its reports came.
    """

    def __init__(self, count: int, now_ns: int = 0):
        """Begin with `now_ns`, at which all count as heard."""
        self.replies = np.zeros(count, np.int64)
        self.missed = np.zeros(count, np.int64)
        self._heard_ns = np.full(count, now_ns, np.int64)

    def update(self, replies: np.ndarray, now_ns: int) -> None:
        """Take in the counts (n,) of a tick's end."""
        is_fresh = replies > self.replies
        self.missed += ~is_fresh
        self._heard_ns[is_fresh] = now_ns
        self.replies = replies.copy()

    def at(self, now_ns: int) -> np.ndarray:
        """Return how long ago each joint's drive was heard last, (n,), s."""
        return (now_ns - self._heard_ns) * _NS
