# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
from talus_core.rotations import exp_so3, matrix_from_rpy
from talus_dynamics.rotation_vectors import (
    rotation_from_rpy,
    rotation_from_vector,
    vector_from_rotation,
)


@pytest.mark.parametrize("angle", [0.0, 1e-9, 1e-4, 0.3, 3.0])
def test_a_vector_comes_back_from_its_rotation(angle):
    turn = angle * np.array([2.0, -1.0, 2.0]) / 3.0
    rotation = rotation_from_vector(turn)
    assert np.allclose(rotation, exp_so3(turn), atol=1e-12)
    assert np.allclose(vector_from_rotation(rotation), turn, atol=1e-9)


def test_roll_pitch_and_yaw_are_those_of_ros():
    assert np.allclose(rotation_from_rpy(0.1, -0.4, 2.0), matrix_from_rpy(0.1, -0.4, 2.0))
