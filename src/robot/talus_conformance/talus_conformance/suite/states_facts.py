# SPDX-License-Identifier: Apache-2.0
"""What `read` returns: shapes, stamps, numbers, and how long it takes."""

import time

import numpy as np
from talus_core.driver import PartlyFelt
from talus_core.physics import GRAVITY_MPS2
from talus_core.words.body_senses import BodySense

SHAPES = {"angular_velocity": (3,), "linear_acceleration": (3,), "foot_wrenches": (2, 6)}
JOINT_ARRAYS = ("position", "velocity", "effort")
ARRAYS = (*JOINT_ARRAYS, *SHAPES)


def test_a_state_has_the_shapes_of_the_seam_and_finite_numbers(driver_trial):
    driver_trial.connect()
    state = driver_trial.let_pass()
    shapes = {**dict.fromkeys(JOINT_ARRAYS, (driver_trial.size,)), **SHAPES}
    for name, shape in shapes.items():
        values = getattr(state, name)
        assert values.shape == shape, name
        assert values.dtype == np.float64, name
        assert np.isfinite(values).all(), name


def test_states_are_counted_and_stamped_when_they_are_sampled(driver_trial):
    driver_trial.connect()
    last = driver_trial.read()
    for _ in range(20):
        before = time.monotonic_ns()
        state = driver_trial.let_pass()
        assert state.sequence > last.sequence
        assert state.steady_time_ns >= last.steady_time_ns
        assert state.steady_time_ns <= time.monotonic_ns()
        assert before - state.steady_time_ns < 1e9 * driver_trial.driver.period * 500
        last = state


def test_a_state_that_was_handed_out_does_not_change(driver_trial):
    driver_trial.connect()
    state = driver_trial.read()
    kept = {name: getattr(state, name).copy() for name in ARRAYS}
    driver_trial.driver.write(driver_trial.hold(state))
    driver_trial.let_pass(20)
    for name, values in kept.items():
        np.testing.assert_array_equal(getattr(state, name), values, name)


def test_joints_at_rest_are_within_their_ranges(driver_trial):
    """The stops of a joint give way by some hundredths of a rad."""
    state = driver_trial.connect()
    limits = driver_trial.robot.limits
    assert (state.position >= limits.lower - 0.05).all()
    assert (state.position <= limits.upper + 0.05).all()


def test_at_rest_the_imu_shows_gravity_alone_from_the_first_state_on(driver_trial):
    state = driver_trial.connect()
    assert abs(np.linalg.norm(state.linear_acceleration) - GRAVITY_MPS2) < 0.5
    assert np.linalg.norm(state.angular_velocity) < 0.1


def test_feet_bear_no_more_than_the_robot_weighs_and_are_pushed_upwards(driver_trial):
    """A force is that of the ground on the foot: above 0 where a foot bears something."""
    driver = driver_trial.driver
    if isinstance(driver, PartlyFelt) and BodySense.FOOT_FORCE in driver.unfelt:
        return
    state = driver_trial.connect()
    weight = GRAVITY_MPS2 * driver_trial.weight_kg
    assert -0.05 * weight < state.foot_wrenches[:, 2].min()
    assert state.foot_wrenches[:, 2].sum() < 1.2 * weight


def test_reading_takes_no_more_of_a_core_than_a_period(driver_trial):
    driver_trial.connect()
    began = time.thread_time()
    for _ in range(50):
        driver_trial.read()
    assert (time.thread_time() - began) / 50 < driver_trial.driver.period


def test_the_battery_reports_what_a_pack_can_have(driver_trial):
    driver_trial.connect()
    driver_trial.let_pass()
    pack = driver_trial.driver.battery()
    assert 0.0 < pack.voltage < 1000.0
    assert 0.0 < pack.energy <= pack.capacity
    assert -40.0 < pack.temperature < 100.0
    assert abs(pack.current) * pack.voltage < 20_000.0  # W
