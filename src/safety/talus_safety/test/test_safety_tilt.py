# SPDX-License-Identifier: Apache-2.0
import math

import numpy as np
import pytest
from talus_core.physics import GRAVITY_MPS2
from talus_core.rotations import exp_so3
from talus_safety.kernel.measure.tilt import FASTEST_GYROSCOPE_RADPS, TiltFilter

UP = np.array([0.0, 0.0, 1.0])


def settled(up: np.ndarray) -> TiltFilter:
    tilt = TiltFilter()
    tilt.step(np.zeros(3), GRAVITY_MPS2 * up, 0.002)
    return tilt


def test_starts_with_the_first_sample_that_feels_gravity_alone():
    tilt = TiltFilter()
    tilt.step(np.zeros(3), np.zeros(3), 0.002)
    assert tilt.up == (0.0, 0.0, 1.0)
    lean = np.array([math.sin(0.3), 0.0, math.cos(0.3)])
    tilt.step(np.zeros(3), GRAVITY_MPS2 * lean, 0.002)
    np.testing.assert_allclose(tilt.up, lean)


@pytest.mark.parametrize("axis", np.eye(3))
def test_gyroscope_turns_the_vertical(axis):
    """With the accelerometer in free fall only the gyroscope is heard.

    R(t) = exp(t w), up in the body = R^T z.
    """
    tilt = settled(np.array([0.6, 0.0, 0.8]))
    rate = 1.5 * axis
    for _ in range(500):
        tilt.step(rate, np.zeros(3), 0.002)
    np.testing.assert_allclose(tilt.up, exp_so3(-rate) @ np.array([0.6, 0.0, 0.8]), atol=2e-3)
    assert tilt.turn == pytest.approx(1.5)


def test_wrong_start_is_forgotten():
    tilt = settled(np.array([math.sin(0.2), 0.0, math.cos(0.2)]))
    for _ in range(10000):
        tilt.step(np.zeros(3), GRAVITY_MPS2 * UP, 0.002)
    assert math.acos(tilt.up[2]) < 0.02


def test_bias_is_learned_and_bounded():
    tilt = settled(UP)
    bias = np.array([0.004, -0.003, 0.0])
    for _ in range(50000):
        tilt.step(bias, GRAVITY_MPS2 * UP, 0.002)
    assert math.acos(min(tilt.up[2], 1.0)) < 1e-3
    np.testing.assert_allclose(tilt.rate, np.zeros(3), atol=5e-4)
    for _ in range(20000):
        tilt.step(np.array([1.0, 0.0, 0.0]), GRAVITY_MPS2 * UP, 0.002)
    assert tilt.rate[0] >= 0.95


def test_impacts_do_not_tilt_it():
    tilt = settled(UP)
    for _ in range(500):
        tilt.step(np.zeros(3), np.array([30.0, 0.0, 5.0]), 0.002)
    np.testing.assert_allclose(tilt.up, UP)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_gyroscope_that_says_more_than_it_can_is_not_heard(sign):
    absurd, fast = settled(UP), settled(UP)
    absurd.step(np.array([0.0, 1.01 * sign * FASTEST_GYROSCOPE_RADPS, 0.0]), np.zeros(3), 0.002)
    fast.step(np.array([0.0, 0.99 * sign * FASTEST_GYROSCOPE_RADPS, 0.0]), np.zeros(3), 0.002)
    assert absurd.turn == 0.0 and absurd.up == (0.0, 0.0, 1.0)
    assert fast.turn == pytest.approx(0.99 * FASTEST_GYROSCOPE_RADPS)
