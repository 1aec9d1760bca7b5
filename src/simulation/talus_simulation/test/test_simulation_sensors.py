# SPDX-License-Identifier: Apache-2.0
"""Noise and bias of simulated sensors."""

from dataclasses import fields, replace

import numpy as np
import pytest
from talus_core.state import RobotState
from talus_simulation.noise import NoiseConfig, SensorNoise

FAULT_SENSORS = tuple(item.name for item in fields(RobotState) if item.type == "np.ndarray")
N = 4
LIMITS = np.array([100.0, 100.0, 10.0, 2.0])


def state(sequence: int = 0) -> RobotState:
    joints = np.full(N, float(sequence))
    imu = np.full(3, float(sequence))
    wrenches = np.full((2, 6), float(sequence))
    return RobotState(
        sequence, 0.002 * sequence, 0, joints, joints, joints, imu, imu, wrenches, False
    )


def samples(config: NoiseConfig, seed: int = 1, count: int = 8_000) -> list[RobotState]:
    noise = SensorNoise(config, LIMITS, seed)
    return [noise(state()) for _ in range(count)]


@pytest.fixture(scope="module")
def noisy() -> list[RobotState]:
    return samples(NoiseConfig())


@pytest.mark.parametrize(
    ("sensor", "sigma"),
    [
        ("position", 2e-4),
        ("velocity", 0.02),
        ("effort", 0.002 * LIMITS),
        ("angular_velocity", 0.003),
        ("linear_acceleration", 0.05),
        ("foot_wrenches", [3.0, 3.0, 8.0, 0.3, 0.3, 0.1]),
    ],
)
def test_standard_deviations_are_those_asked_for(noisy, sensor, sigma):
    values = np.array([getattr(sample, sensor) for sample in noisy])
    expected = np.broadcast_to(sigma, values.shape[1:])
    np.testing.assert_allclose(values.std(axis=0), expected, rtol=0.05)


@pytest.mark.parametrize("sensor", ["position", "velocity", "effort", "foot_wrenches"])
def test_only_the_imu_has_a_bias(noisy, sensor):
    values = np.array([getattr(sample, sensor) for sample in noisy])
    standard_error = values.std(axis=0) / np.sqrt(len(values))
    assert (np.abs(values.mean(axis=0)) < 5.0 * standard_error).all()


def test_bias_is_drawn_once_per_start_with_the_spread_asked_for():
    config = replace(NoiseConfig(), gyroscope=0.0, accelerometer=0.0)
    starts = [samples(config, seed, count=2) for seed in range(400)]
    for first, second in starts:
        np.testing.assert_array_equal(first.angular_velocity, second.angular_velocity)
    gyroscope = np.array([first.angular_velocity for first, _ in starts])
    accelerometer = np.array([first.linear_acceleration for first, _ in starts])
    np.testing.assert_allclose(gyroscope.std(axis=0), 0.004, rtol=0.15)
    np.testing.assert_allclose(accelerometer.std(axis=0), 0.05, rtol=0.15)


def test_scale_zero_is_perfect():
    sample = samples(replace(NoiseConfig(), scale=0.0), count=1)[0]
    for sensor in FAULT_SENSORS:
        np.testing.assert_array_equal(getattr(sample, sensor), getattr(state(), sensor))


def test_the_same_seed_gives_the_same_noise():
    for first, second in zip(
        samples(NoiseConfig(), 7, 50), samples(NoiseConfig(), 7, 50), strict=True
    ):
        np.testing.assert_array_equal(first.position, second.position)
    assert (
        samples(NoiseConfig(), 8, 1)[0].position != samples(NoiseConfig(), 7, 1)[0].position
    ).all()
