# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
from talus_balance.whole_body.wrench_cone import CONE_ROWS, wrench_cone

LENGTH, WIDTH, MU = 0.12, 0.055, 0.5
CONE = wrench_cone(LENGTH, WIDTH, MU)
CORNERS = np.array([[x, y, 0.0] for x in (LENGTH, -LENGTH) for y in (WIDTH, -WIDTH)])


def wrench_of(forces):
    return np.concatenate((forces.sum(axis=0), np.cross(CORNERS, forces).sum(axis=0)))


def test_every_set_of_corner_forces_in_their_pyramids_lies_inside():
    rng = np.random.default_rng(1)
    for _ in range(500):
        fz = rng.uniform(0.0, 300.0, 4)
        shear = rng.uniform(-MU, MU, (4, 2)) * fz[:, None]
        wrench = wrench_of(np.column_stack((shear, fz)))
        assert np.all(CONE @ wrench <= 1e-9)


@pytest.mark.parametrize(
    "wrench",
    [
        (0.0, 0.0, -1.0, 0.0, 0.0, 0.0),  # the ground does not pull
        (0.51, 0.0, 1.0, 0.0, 0.0, 0.0),  # slides forward
        (0.0, -0.51, 1.0, 0.0, 0.0, 0.0),  # slides to the right
        (0.0, 0.0, 1.0, WIDTH * 1.01, 0.0, 0.0),  # tips over the left edge
        (0.0, 0.0, 1.0, 0.0, LENGTH * 1.01, 0.0),  # tips over the heel
        (0.0, 0.0, 1.0, 0.0, 0.0, 1.01 * MU * (LENGTH + WIDTH)),  # turns
    ],
)
def test_what_no_corner_forces_can_make_lies_outside(wrench):
    assert np.any(CONE @ np.array(wrench) > 0.0)


def test_the_extreme_twist_of_four_sliding_corners_lies_on_the_surface():
    tangents = np.array([[-np.sign(c[1]), np.sign(c[0]), 0.0] for c in CORNERS]) * MU
    wrench = wrench_of(tangents + np.array([0.0, 0.0, 1.0]))
    assert CONE.shape == (CONE_ROWS, 6)
    assert np.max(CONE @ wrench) == pytest.approx(0.0, abs=1e-12)
