# SPDX-License-Identifier: Apache-2.0
"""Says how large a robot is beside talus40, on which lengths and times of the gate were found.

They follow by dynamic similarity (Hof, "Scaling gait data to body size", Gait & Posture 1996):
lengths with the height of the centre of mass, times with its square root. What is a share of the
weight or of a torque, an angle or an acceleration, is the same for all.
"""

from __future__ import annotations

import math
from typing import NamedTuple

TALUS40_CENTRE_HEIGHT_M = 0.9094  # over the soles, in the pose `stand`
SCALE_DIGITS = 3  # so that talus40 itself has exactly 1


class BodyScale(NamedTuple):
    """Holds a robot's size over talus40's: of lengths, and of times and speeds."""

    length: float
    time: float


AS_TALUS40 = BodyScale(1.0, 1.0)


def body_scale(centre_height: float) -> BodyScale:
    """Return the scale of a robot that stands with its centre of mass at `centre_height`, m."""
    length = round(centre_height / TALUS40_CENTRE_HEIGHT_M, SCALE_DIGITS)
    return BodyScale(length, math.sqrt(length))
