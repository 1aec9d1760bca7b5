# SPDX-License-Identifier: Apache-2.0
import math

import numpy as np
import pytest
from talus_core.rotations import (
    exp_so3,
    matrix_from_quat_xyzw,
    matrix_from_rpy,
    matrix_from_yaw,
    quat_wxyz_from_xyzw,
    quat_xyzw_from_matrix,
    quat_xyzw_from_wxyz,
    skew,
    wrap_angle,
    yaw_of,
)
from transforms3d.euler import mat2euler

RNG = np.random.default_rng(0)
VECTORS = [
    np.zeros(3),
    1e-9 * np.ones(3),
    np.array([0.3, -0.2, 0.9]),
    np.array([math.pi - 1e-3, 0.0, 0.0]),
]


def is_rotation(matrix):
    return np.allclose(matrix @ matrix.T, np.eye(3)) and math.isclose(np.linalg.det(matrix), 1.0)


@pytest.mark.parametrize("phi", VECTORS)
def test_exponential_is_a_rotation_about_its_axis_and_inverts_with_its_sign(phi):
    turn = exp_so3(phi)
    assert is_rotation(turn)
    assert np.allclose(turn @ phi, phi)
    assert np.allclose(turn @ exp_so3(-phi), np.eye(3))


def test_exponential_about_z_is_yaw():
    assert np.allclose(exp_so3(np.array([0.0, 0.0, 0.7])), matrix_from_yaw(0.7))
    assert yaw_of(matrix_from_yaw(-2.5)) == pytest.approx(-2.5)


def test_a_quarter_turn_about_z_moves_x_to_y():
    quat = np.array([0.0, 0.0, math.sin(math.pi / 4), math.cos(math.pi / 4)])  # x, y, z, w
    assert np.allclose(matrix_from_quat_xyzw(quat) @ [1.0, 0.0, 0.0], [0.0, 1.0, 0.0])


def test_quaternion_and_matrix_round_trip_with_w_not_negative():
    for _ in range(50):
        matrix = exp_so3(RNG.uniform(-3.0, 3.0, 3))
        quat = quat_xyzw_from_matrix(matrix)
        assert quat[3] >= 0.0
        assert np.allclose(matrix_from_quat_xyzw(quat), matrix)


def test_the_two_orders_of_a_quaternion():
    assert list(quat_wxyz_from_xyzw(np.array([1, 2, 3, 4]))) == [4, 1, 2, 3]
    assert list(quat_xyzw_from_wxyz(np.array([4, 1, 2, 3]))) == [1, 2, 3, 4]


def test_fixed_axis_angles_are_applied_roll_first():
    expected = (
        exp_so3(np.array([0, 0, 0.3]))
        @ exp_so3(np.array([0, -0.2, 0]))
        @ exp_so3(np.array([0.1, 0, 0]))
    )
    assert np.allclose(matrix_from_rpy(0.1, -0.2, 0.3), expected)
    assert np.allclose(mat2euler(expected, "sxyz"), [0.1, -0.2, 0.3])


def test_skew_matrix_is_the_cross_product():
    a, b = RNG.standard_normal((2, 3))
    assert np.allclose(skew(a) @ b, np.cross(a, b))


@pytest.mark.parametrize(
    ("angle", "wrapped"),
    [(0.0, 0.0), (math.pi, math.pi), (-math.pi, math.pi), (7.0, 7.0 - 2 * math.pi)],
)
def test_angles_wrap_into_one_turn(angle, wrapped):
    assert wrap_angle(angle) == pytest.approx(wrapped)
