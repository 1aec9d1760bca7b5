# SPDX-License-Identifier: Apache-2.0
"""Defines when a robot has fallen, and judges it for all figures that are published.

Figures are judged from outside, by the ground truth. Safety and balance hold the tilt that the
robot's own sensors show against the same angle. What calls a fall before it has happened has
thresholds of its own, named after what they trigger.
"""

from __future__ import annotations

import math

# At a larger tilt no foot is under the body any more, and no step recovers. Sitting leans the
# pelvis by 25 degrees, walking by 5, a shove that was caught by up to 45.
FALLEN_TILT_RAD = math.radians(60.0)
FALLEN_UP_COSINE = 0.5  # exactly the cosine of FALLEN_TILT_RAD

# Share of the seat's height: seated robots rest with their base at 0.96 of it or more (0.38 m of
# talus40's 0.394 m); a lower base lies on the ground or on folded legs.
FALLEN_HEIGHT_OF_SEAT = 0.85


def has_fallen(up_cosine: float, height_m: float, seat_height_m: float) -> bool:
    """Return whether a robot has fallen: its base is tilted too far, or lower than on a seat.

    Args:
        up_cosine: Cosine of the angle between the base's z axis and the vertical.
        height_m: Height of the base over the lower sole, m.
        seat_height_m: Height of the base over the sole in the robot's pose `sit`, m.
    """
    return bool(up_cosine < FALLEN_UP_COSINE or height_m < FALLEN_HEIGHT_OF_SEAT * seat_height_m)
