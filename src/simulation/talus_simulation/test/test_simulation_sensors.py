# SPDX-License-Identifier: Apache-2.0
"""Noise and bias of simulated sensors."""

from dataclasses import fields, replace

import mujoco
import numpy as np
import pytest
from talus_core.state import RobotState
from talus_simulation.mujoco_body.imu import Imu
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


def test_imu_on_a_plate_that_is_bolted_to_the_base_senses_what_it_would_on_the_base():
    """The plate lies at 0.1 0 0.2 m, turned by a quarter about z: `there` and `here` meet."""
    model = mujoco.MjModel.from_xml_string("""
    <mujoco><worldbody><body name="base"><freejoint/><geom size=".1" mass="3"/>
      <site name="here" pos=".1 .05 .2" quat=".70710678 0 0 .70710678"/>
      <body pos=".1 0 0"><body pos="0 0 .2" euler="0 0 90"><site name="there" pos=".05 0 0"/></body>
      </body></body></worldbody></mujoco>""")
    data = mujoco.MjData(model)
    data.qvel[:] = (0.3, -0.2, 0.1, 1.0, -2.0, 3.0)
    both = [Imu(model, data, site) for site in ("here", "there")]
    for _ in range(20):
        mujoco.mj_step(model, data)
        for imu in both:
            imu.add()
    for imu in both:
        imu.end(20 * model.opt.timestep)
    here, there = both
    np.testing.assert_allclose(there.angular_velocity, here.angular_velocity, atol=1e-6)
    np.testing.assert_allclose(there.linear_acceleration, here.linear_acceleration, atol=1e-6)
    assert np.linalg.norm(here.linear_acceleration) > 0.5
