# SPDX-License-Identifier: Apache-2.0
"""Guesses without looking: at each place of a picture what stood there most often in training."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from talus_perception.data.frames import Pair
from talus_perception.words import CANONICAL_FOCAL_PX, SURFACES
from talus_perception.worlds.truth import FrameTruth


class PlaceBaseline:
    """Holds the commonest surface and the median depth at each place; scores them as a model."""

    def __init__(self, pairs: Iterable[Pair]):
        """Look at the truth of training pictures."""
        truths = [frame.truth for pair in pairs for frame in pair]
        surfaces = np.stack([truth.surface for truth in truths])
        counts = np.stack([(surfaces == number).sum(0) for number in range(len(SURFACES))])
        self._surface = counts.argmax(0)
        depths = np.stack([_canonical(truth) for truth in truths])
        self._depth = np.nan_to_num(np.nanmedian(depths, 0), nan=3.0)
        self._confusion = np.zeros((len(SURFACES), len(SURFACES)))
        self._off = [0.0, 0.0]

    def add(self, truth: FrameTruth) -> None:
        """Score the guess on a picture."""
        np.add.at(self._confusion, (truth.surface.ravel(), self._surface.ravel()), 1)
        depth = _canonical(truth)
        known = ~np.isnan(depth)
        self._off[0] += float((np.abs(self._depth - depth)[known] / depth[known]).sum())
        self._off[1] += float(known.sum())

    def summary(self) -> dict[str, float]:
        """Return `seg_miou`, `seg_accuracy` and `depth_absrel` of the guess."""
        hit = np.diag(self._confusion)
        union = self._confusion.sum(0) + self._confusion.sum(1) - hit
        there = self._confusion.sum(1) > 0
        return {
            "seg_miou": float(np.mean(hit[there] / union[there])),
            "seg_accuracy": float(hit.sum() / max(self._confusion.sum(), 1.0)),
            "depth_absrel": self._off[0] / max(self._off[1], 1.0),
        }


def _canonical(truth: FrameTruth) -> np.ndarray:
    depth = truth.depth.astype(np.float32) * (CANONICAL_FOCAL_PX / float(truth.focal[0]))
    return np.where(depth > 0, depth, np.nan)
