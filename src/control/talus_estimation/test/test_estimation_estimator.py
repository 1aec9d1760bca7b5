# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
from talus_core.rotations import exp_so3, matrix_from_rpy, yaw_of
from talus_estimation.estimator import BaseEstimator, EstimatorConfig
from transforms3d.euler import mat2euler

pytestmark = pytest.mark.sim

DT = 0.002
GRAVITY = np.array([0.0, 0.0, 9.81])
LOADED = np.array([280.0, 280.0])
SOLES = np.array([[0.05, 0.09, 0.0], [0.05, -0.09, 0.0]])


def feet_from(position, rotation):
    return (SOLES - position) @ rotation


def started(rotation, position, gyro_bias=0.0, accel_bias=0.0):
    estimator = BaseEstimator(EstimatorConfig(), DT, np.zeros(3), 57.0)
    accel = rotation.T @ GRAVITY + accel_bias
    estimator.initialise(accel, np.full(3, gyro_bias), feet_from(position, rotation))
    return estimator


def test_starts_with_the_tilt_that_gravity_shows():
    rotation = matrix_from_rpy(0.1, 0.3, 0.0)
    estimator = started(rotation, np.array([0.0, 0.0, 0.8]))
    assert np.allclose(estimator.rotation, rotation, atol=1e-9)
    assert estimator.position[2] == pytest.approx(0.8)


@pytest.mark.parametrize("gravity", [1.62, 3.71, 9.81])
def test_gravity_is_measured_at_rest_and_a_body_at_rest_stays_there(gravity):
    rotation = matrix_from_rpy(0.05, -0.2, 0.0)
    position = np.array([0.0, 0.0, 0.8])
    accel = rotation.T @ np.array([0.0, 0.0, gravity])
    estimator = BaseEstimator(EstimatorConfig(), DT, np.zeros(3), 57.0)
    estimator.initialise(accel, np.zeros(3), feet_from(position, rotation))
    assert estimator.gravity == pytest.approx(gravity)
    assert estimator.trusted_force < 0.4 * 57.0 * gravity  # a foot of two is believed anywhere
    for _ in range(1000):
        estimate = estimator.step(
            np.zeros(3), accel, feet_from(position, rotation), np.full(2, 28.5 * gravity)
        )
    assert np.linalg.norm(estimate.velocity) < 1e-6
    assert np.allclose(estimate.position[2], 0.8, atol=1e-6)


def test_stays_put_for_ten_seconds_on_two_feet_with_noise_and_bias():
    rng = np.random.default_rng(0)
    rotation, position = np.eye(3), np.array([0.0, 0.0, 0.8])
    estimator = started(rotation, position, gyro_bias=0.004, accel_bias=0.05)
    for _ in range(5_000):
        gyro = np.full(3, 0.004) + 0.003 * rng.standard_normal(3)
        accel = GRAVITY + 0.05 + 0.05 * rng.standard_normal(3)
        estimate = estimator.step(gyro, accel, feet_from(position, rotation), LOADED)
    assert np.linalg.norm(estimate.velocity) < 0.02
    assert np.linalg.norm(estimate.position[:2]) < 0.01
    assert abs(yaw_of(estimate.rotation)) < np.radians(2.0)
    roll, pitch, _ = mat2euler(estimate.rotation, "sxyz")
    assert np.all(np.abs([roll, pitch]) < np.radians(0.6))  # 0.05 / 9.81 rad of it is the bias


def sway(t):
    """A body that sways and nods over fixed soles: position, velocity, acceleration, rotation
    vector and rate.
    """
    w = 2.0 * np.pi * 0.8
    s, c = np.sin(w * t), np.cos(w * t)
    amplitude = np.array([0.04, 0.06, 0.02])
    position = np.array([0.0, 0.0, 0.8]) + amplitude * s
    nod = np.array([0.03, 0.08, 0.0])
    return position, amplitude * w * c, -amplitude * w * w * s, nod * s


def test_follows_a_swaying_body():
    estimator = started(np.eye(3), np.array([0.0, 0.0, 0.8]))
    estimator.velocity = sway(0.0)[1]
    worst_velocity, worst_tilt = 0.0, 0.0
    for k in range(1, 5001):
        before, after = exp_so3(sway((k - 1) * DT)[3]), exp_so3(sway(k * DT)[3])
        position, velocity, _, _ = sway(k * DT)
        turn = before.T @ after
        gyro = np.array(
            [turn[2, 1] - turn[1, 2], turn[0, 2] - turn[2, 0], turn[1, 0] - turn[0, 1]]
        ) / (2.0 * DT)
        accel = before.T @ (sway((k - 0.5) * DT)[2] + GRAVITY)
        estimate = estimator.step(gyro, accel, feet_from(position, after), LOADED)
        if k > 500:
            worst_velocity = max(
                worst_velocity, float(np.linalg.norm(estimate.velocity - velocity))
            )
            worst_tilt = max(worst_tilt, float(np.linalg.norm(estimate.rotation - after)))
    assert worst_velocity < 0.03
    assert worst_tilt < 0.02


def test_an_imu_beside_the_origin_feels_turns_that_do_not_move_the_base():
    lever = np.array([0.05, 0.02, -0.08])
    estimator = BaseEstimator(EstimatorConfig(), DT, lever, 57.0)
    estimator.initialise(GRAVITY, np.zeros(3), feet_from(np.array([0.0, 0.0, 0.8]), np.eye(3)))
    rotation, rate = np.eye(3), np.zeros(3)
    for _ in range(50):  # 6 rad/s within 0.1 s, both feet in the air
        before, rate = rate, rate + DT * np.array([50.0, -20.0, 25.0])
        mean = 0.5 * (before + rate)
        turned = rotation @ exp_so3(DT * mean)
        felt = (turned @ np.cross(rate, lever) - rotation @ np.cross(before, lever)) / DT + GRAVITY
        middle = rotation @ exp_so3(0.5 * DT * mean)
        estimate = estimator.step(mean, middle.T @ felt, SOLES, np.zeros(2))
        rotation = turned
    assert np.linalg.norm(np.cross(rate, lever)) > 0.4  # m/s of the IMU about the base
    assert np.linalg.norm(estimate.velocity) < 0.02


def test_a_foot_in_the_air_does_not_pull_the_base():
    rotation, position = np.eye(3), np.array([0.0, 0.0, 0.8])
    estimator = started(rotation, position)
    for k in range(500):
        feet = feet_from(position, rotation)
        feet[1] += np.array([0.001 * k, 0.0, 0.05])  # swings forward at 0.5 m/s
        estimate = estimator.step(np.zeros(3), GRAVITY, feet, np.array([560.0, 0.0]))
    assert np.linalg.norm(estimate.velocity) < 0.01
    assert np.linalg.norm(estimate.position - position) < 0.005


def test_uncertainty_of_height_stays_bounded_and_positive():
    estimator = started(np.eye(3), np.array([0.0, 0.0, 0.8]))
    for _ in range(2000):
        estimate = estimator.step(
            np.zeros(3), GRAVITY, feet_from(np.array([0.0, 0.0, 0.8]), np.eye(3)), LOADED
        )
    eigenvalues = np.linalg.eigvalsh(estimator.covariance)
    assert eigenvalues.min() > -1e-12
    assert estimate.velocity_variance.max() < 1e-3


@pytest.mark.parametrize("slides", [0, 1])
def test_a_slipping_foot_does_not_pull_the_base(slides):
    position = np.array([0.0, 0.0, 0.8])
    estimator = started(np.eye(3), position)
    feet = feet_from(position, np.eye(3))
    for k in range(150):
        moved = feet.copy()
        moved[slides, 0] += 0.3 * DT * k  # at once 0.3 m/s, under full load, for 0.3 s
        estimate = estimator.step(np.zeros(3), GRAVITY, moved, LOADED)
    assert np.linalg.norm(estimate.velocity) < 0.02
    assert np.linalg.norm(estimate.position - position) < 0.01


def test_a_base_that_believes_in_a_wrong_speed_learns_from_the_feet_again():
    position = np.array([0.0, 0.0, 0.8])
    estimator = started(np.eye(3), position)
    estimator.velocity = np.array([0.4, 0.0, 0.0])  # so that both soles seem to slip
    estimator.covariance[3:6, 3:6] = 0.2 * np.eye(3)
    for _ in range(1000):
        estimate = estimator.step(np.zeros(3), GRAVITY, feet_from(position, np.eye(3)), LOADED)
    assert np.linalg.norm(estimate.velocity) < 0.05
