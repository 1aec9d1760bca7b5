# SPDX-License-Identifier: Apache-2.0
"""Bounds where a policy may drive: well inside what the model-based controller can catch."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from talus_core.robot import Foot
from talus_dynamics.support import convex_hull, margin, sole_outline

from talus_balance.falling.fall_predictor import FallPredictorConfig


@dataclass(frozen=True)
class EnvelopeConfig:
    """Holds the bounds, as shares of those beyond which no step catches a fall.

    Attributes:
        tilt: Tilt of the base, rad: a third of the tilt of a fall.
        capture: Distance of the capture point outside the hull of both soles, m: a quarter of what
            a step can reach.
    """

    tilt: float = 0.33 * FallPredictorConfig.tilt
    capture: float = 0.25 * FallPredictorConfig.reach


class Envelope:
    """Judges each state by itself, without memory."""

    def __init__(self, config: EnvelopeConfig, feet: tuple[Foot, Foot]):
        self._config = config
        self._feet = feet
        self._least_cosine = math.cos(config.tilt)

    def breach(
        self,
        up: np.ndarray,
        capture_point: np.ndarray,
        sole_positions: np.ndarray,
        sole_yaws: np.ndarray,
    ) -> str:
        """Say which bound is exceeded; empty where none is.

        Args:
            up: (3,) vertical in base axes.
            capture_point: (2,) capture point in odom, m.
            sole_positions: (2, 3) positions of the soles in odom, m.
            sole_yaws: (2,) headings of the soles in odom, rad.
        """
        if up[2] < self._least_cosine:
            tilt = math.degrees(math.acos(max(float(up[2]), -1.0)))
            most = math.degrees(self._config.tilt)
            return f"the base tilts by {tilt:.0f} degrees, more than {most:.0f}"
        x, y = capture_point - 0.5 * (sole_positions[0, :2] + sole_positions[1, :2])
        if math.hypot(x, y) <= self._config.capture:
            return ""  # the centre between the soles is inside
        outside = -margin(
            capture_point, convex_hull(sole_outline(sole_positions, sole_yaws, self._feet))
        )
        if outside > self._config.capture:
            most = self._config.capture
            return f"the capture point is {outside:.2f} m outside the feet, more than {most:.2f}"
        return ""
