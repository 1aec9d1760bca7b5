# SPDX-License-Identifier: Apache-2.0
"""What `write` does: torque, limits that are really sent, and commands that must not be sent."""

import numpy as np
import pytest
from talus_core.driver import DriverError, PartlyFelt
from talus_core.words.body_senses import BodySense

from talus_conformance.trial import FIRM_PER_EFFORT, SETTLE_S, SMALL_MOVE_RAD

NAMES = ("position", "velocity", "effort", "kp", "kd")
FUZZED_COMMANDS = 200
HUGE = 1e12
ODD_NUMBERS = (0.0, -1.0, 1.0, HUGE, -HUGE, 1e-300, np.inf, -np.inf, np.nan)
MEASURING_SHARE = 0.05  # of the torque limit: error of the measurement of a current


def test_write_switches_torque_on(driver_trial):
    state = driver_trial.connect()
    driver_trial.driver.write(driver_trial.hold(state))
    assert driver_trial.let_pass(5).torque_enabled


def test_what_was_sent_is_returned_as_it_was_wanted_where_the_drives_can(driver_trial):
    command = driver_trial.hold(driver_trial.connect())
    sent = driver_trial.driver.write(command)
    assert sent.sequence == command.sequence
    limits = driver_trial.robot.limits
    np.testing.assert_allclose(sent.position, command.position, atol=2e-3)
    np.testing.assert_allclose(sent.velocity, command.velocity, atol=0.05)
    np.testing.assert_array_less(np.abs(sent.effort - command.effort), 2e-3 * limits.effort + 1e-9)
    np.testing.assert_allclose(sent.kp, command.kp, rtol=0.1, atol=0.5)
    np.testing.assert_allclose(sent.kd, command.kd, rtol=0.1, atol=0.05)


def test_no_more_torque_is_sent_or_given_than_a_drive_may_give(driver_trial):
    driver_trial.must_move()
    command = driver_trial.hold(driver_trial.connect())
    limits = driver_trial.robot.limits
    sent = driver_trial.driver.write(command.with_(effort=10.0 * limits.effort))
    assert (np.abs(sent.effort) <= limits.effort * (1.0 + 1e-9)).all()
    state = driver_trial.let_pass()
    assert (np.abs(state.effort) <= (1.0 + MEASURING_SHARE) * limits.effort).all()


def test_a_joint_goes_where_it_is_told_and_the_right_way_round(driver_trial):
    driver_trial.must_move()
    state = driver_trial.connect()
    joint = driver_trial.moved_joint
    limits = driver_trial.robot.limits
    room = limits.upper[joint] - state.position[joint]
    way = SMALL_MOVE_RAD if room > SMALL_MOVE_RAD else -SMALL_MOVE_RAD
    target = state.position.copy()
    target[joint] += way
    for _ in range(round(SETTLE_S / driver_trial.driver.period)):
        driver_trial.driver.write(
            driver_trial.hold(state, FIRM_PER_EFFORT).with_(
                sequence=state.sequence, position=target
            )
        )
        now = driver_trial.let_pass()
        state = now
    assert abs(state.position[joint] - target[joint]) < 0.25 * SMALL_MOVE_RAD


@pytest.mark.parametrize("name", NAMES)
def test_wrong_sizes_and_nan_are_refused_by_name_and_the_last_command_stays(driver_trial, name):
    good = driver_trial.hold(driver_trial.connect())
    driver_trial.driver.write(good)
    bad = getattr(good, name).copy()
    bad[-1] = np.nan
    with pytest.raises(DriverError, match=name):
        driver_trial.driver.write(good.with_(**{name: bad}))
    with pytest.raises(DriverError, match=name):
        driver_trial.driver.write(good.with_(**{name: bad[:-1]}))
    assert driver_trial.let_pass().torque_enabled


@pytest.mark.parametrize("name", ["kp", "kd"])
def test_negative_gains_are_refused(driver_trial, name):
    good = driver_trial.hold(driver_trial.connect())
    bad = getattr(good, name).copy()
    bad[0] = -1.0
    with pytest.raises(DriverError):
        driver_trial.driver.write(good.with_(**{name: bad}))


def test_whatever_is_commanded_is_refused_or_sent_within_the_limits(driver_trial):
    """Numbers of all kinds, in all places: the driver neither dies nor sends what it may not."""
    driver_trial.must_move()
    good = driver_trial.hold(driver_trial.connect())
    limits = driver_trial.robot.limits
    chance = np.random.default_rng(0)
    for _ in range(FUZZED_COMMANDS):
        name = NAMES[chance.integers(len(NAMES))]
        values = getattr(good, name).copy()
        where = chance.integers(driver_trial.size, size=chance.integers(1, 4))
        values[where] = chance.choice(ODD_NUMBERS, size=len(where))
        try:
            sent = driver_trial.driver.write(good.with_(**{name: values}))
        except DriverError:
            continue
        assert np.isfinite(values).all(), f"{name}: {values[where]} was sent"
        assert (np.abs(sent.effort) <= limits.effort * (1.0 + 1e-9)).all()
    state = driver_trial.let_pass()
    assert np.isfinite(state.position).all()
    assert (np.abs(state.effort) <= (1.0 + MEASURING_SHARE) * limits.effort).all()


def test_a_body_that_feels_torque_reports_what_it_gives(driver_trial):
    driver = driver_trial.driver
    if isinstance(driver, PartlyFelt) and BodySense.TORQUE in driver.unfelt:
        return
    driver_trial.must_move()
    state = driver_trial.connect()
    joint = driver_trial.moved_joint
    wanted = 0.1 * driver_trial.robot.limits.effort[joint]
    effort = np.zeros(driver_trial.size)
    effort[joint] = wanted
    limp = np.zeros(driver_trial.size)
    command = driver_trial.hold(state).with_(effort=effort, kp=limp, kd=limp)
    for _ in range(3):  # a drive on a bus reports with its answer to the next command
        driver.write(command)
        state = driver_trial.let_pass()
    felt = state.effort[joint]
    assert abs(felt - wanted) < 0.5 * wanted
