# SPDX-License-Identifier: Apache-2.0
"""Spoil true depth as a stereo camera does: range limits, noise that grows with its square."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from talus_core.parameters import parameter


@dataclass(frozen=True)
class DepthNoise:
    """Describes the sensor that is imitated: 1280 pixels across 87 degrees, 7 cm baseline.

    Depth from disparity has deviation z^2 * s / (f * b); f = 674 px; s = 0.08 px is what block
    matching with sub-pixel interpolation reaches on a textured scene.
    0.08 / (674 * 0.07) = 0.0017 per m.
    """

    per_m2: float = parameter(
        0.0017, "Standard deviation of depth over depth squared, 1/m.", 0.0, 0.1
    )
    min_range_m: float = parameter(
        0.15, "Nearer is -inf (REP 117): the disparity search ends.", 0.0, 2.0
    )
    max_range_m: float = parameter(
        6.0, "Farther is +inf (REP 117): deviation there is 6 cm, above a 5 cm voxel.", 0.5, 50.0
    )


NOISE_TABLE_SIZE = (
    1 << 20
)  # normal numbers drawn once: ten times cheaper than new ones, and 13 pictures of 320 x 240 long


class NoisyDepth:
    """Applies a `DepthNoise` to one image after the other; a seed gives the same sequence."""

    def __init__(self, noise: DepthNoise, seed: int):
        self._noise = noise
        self._random = np.random.default_rng(seed)
        self._normal = self._random.standard_normal(NOISE_TABLE_SIZE, dtype=np.float32)

    def measured(self, depth: np.ndarray) -> np.ndarray:
        """Return measured depths for true ones along the optical axis, m; +-inf out of range.

        At most NOISE_TABLE_SIZE of them.
        """
        noise = self._noise
        first = self._random.integers(NOISE_TABLE_SIZE - depth.size + 1)
        measured = np.float32(noise.per_m2) * depth * depth
        measured *= self._normal[first : first + depth.size].reshape(depth.shape)
        measured += depth
        measured[depth < noise.min_range_m] = -np.inf
        measured[depth > noise.max_range_m] = np.inf
        return measured
