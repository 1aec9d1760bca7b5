# SPDX-License-Identifier: Apache-2.0
"""The verbs in any order: before `connect`, twice, after `close`, and again."""

import numpy as np
import pytest
from talus_core.driver import Driver, DriverError
from talus_core.state import JointCommand


def test_it_has_the_verbs_and_names_its_joints_before_connect(driver_trial):
    assert isinstance(driver_trial.driver, Driver)
    assert driver_trial.driver.joint_names == driver_trial.robot.joint_names
    assert 0.0005 <= driver_trial.driver.period <= 0.01  # s: 100 Hz to 2 kHz


def test_before_connect_reading_and_writing_are_refused(driver_trial):
    with pytest.raises(DriverError):
        driver_trial.read()
    zero = np.zeros(driver_trial.size)
    with pytest.raises(DriverError):
        driver_trial.driver.write(JointCommand(0, zero, zero, zero, zero, zero))


def test_connect_leaves_the_robot_without_torque_and_still(driver_trial):
    first = driver_trial.connect()
    assert first.sequence == 0
    later = driver_trial.let_pass(100)
    assert not first.torque_enabled and not later.torque_enabled
    np.testing.assert_allclose(later.position, first.position, atol=0.005)


def test_connect_on_an_open_bus_changes_nothing(driver_trial):
    driver_trial.connect()
    before = driver_trial.let_pass(3)
    driver_trial.driver.write(driver_trial.hold(before))
    driver_trial.driver.connect()
    after = driver_trial.let_pass()
    assert after.sequence > before.sequence
    assert after.torque_enabled


def test_close_may_come_twice_and_a_closed_bus_opens_again(driver_trial):
    state = driver_trial.connect()
    driver_trial.driver.write(driver_trial.hold(state))
    driver_trial.let_pass(3)
    driver_trial.driver.close()
    driver_trial.driver.close()
    with pytest.raises(DriverError):
        driver_trial.read()
    again = driver_trial.connect()
    assert again.sequence == 0
    assert not again.torque_enabled
    assert not driver_trial.let_pass(3).torque_enabled


def test_close_before_connect_is_no_error(driver_trial):
    driver_trial.driver.close()
    assert driver_trial.connect().sequence == 0


def test_a_second_driver_can_have_the_bus_once_the_first_is_closed(driver_trial):
    driver_trial.connect()
    driver_trial.driver.close()
    other = driver_trial.again()
    assert other.connect().sequence == 0
    other.driver.close()
