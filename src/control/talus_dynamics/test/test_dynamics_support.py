# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
from talus_core.robot import Foot
from talus_dynamics.support import centre_of_pressure, convex_hull, margin, sole_corners

FOOT = Foot("l_sole", 0.24, 0.11)
SQUARE = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])


def test_hull_of_two_soles_has_six_corners_and_holds_both():
    left, right = (
        sole_corners(np.array([x, y, 0.0]), 0.0, FOOT) for x, y in ((0.1, 0.09), (0.0, -0.09))
    )
    hull = convex_hull(np.concatenate((left, right)))
    assert len(hull) == 6
    assert all(margin(corner, hull) >= -1e-12 for corner in np.concatenate((left, right)))


@pytest.mark.parametrize(
    ("point", "expected"),
    [((0.5, 0.5), 0.5), ((0.9, 0.5), 0.1), ((1.2, 0.5), -0.2), ((1.3, 1.4), -0.5)],
)
def test_margin_is_the_signed_distance_to_the_edge(point, expected):
    assert margin(np.array(point), SQUARE) == pytest.approx(expected)


def test_pressure_of_equal_loads_lies_midway_and_moves_with_the_torque():
    positions = np.array([[0.0, 0.1, 0.0], [0.0, -0.1, 0.0]])
    wrenches = np.zeros((2, 6))
    wrenches[:, 2] = 280.0
    assert np.allclose(centre_of_pressure(positions, np.zeros(2), wrenches), 0.0)
    wrenches[:, 4] = -280.0 * 0.05  # the ground pushes under the toes
    assert np.allclose(centre_of_pressure(positions, np.zeros(2), wrenches), [0.05, 0.0, 0.0])


def test_there_is_no_pressure_in_the_air():
    assert centre_of_pressure(np.zeros((2, 3)), np.zeros(2), np.zeros((2, 6))) is None
