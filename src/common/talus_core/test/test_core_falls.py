# SPDX-License-Identifier: Apache-2.0
"""The judge of falls at its two bounds."""

import math

import pytest
from talus_core.words.falls import (
    FALLEN_HEIGHT_OF_SEAT,
    FALLEN_TILT_RAD,
    FALLEN_UP_COSINE,
    has_fallen,
)

SEAT_M = 0.4


@pytest.mark.parametrize(
    ("tilt", "height", "fallen"),
    [
        (0.0, SEAT_M, False),
        (FALLEN_TILT_RAD - 1e-6, SEAT_M, False),
        (FALLEN_TILT_RAD + 1e-6, SEAT_M, True),
        (0.0, FALLEN_HEIGHT_OF_SEAT * SEAT_M, False),
        (0.0, FALLEN_HEIGHT_OF_SEAT * SEAT_M - 1e-6, True),
        (math.pi, 2.0 * SEAT_M, True),
    ],
)
def test_a_fall_is_a_tilt_or_a_height(tilt, height, fallen):
    assert has_fallen(math.cos(tilt), height, SEAT_M) is fallen


def test_angle_and_cosine_are_the_same_bound():
    assert math.cos(FALLEN_TILT_RAD) == pytest.approx(FALLEN_UP_COSINE, abs=1e-15)
