# SPDX-License-Identifier: Apache-2.0
"""`stop` takes the torque away, always: before `connect`, after `close`, often."""

import numpy as np

LEFT_SHARE = 0.05  # of the torque limit: what shorted windings brake with, and measuring errors


def test_stop_never_raises_whatever_came_before(driver_trial):
    driver = driver_trial.driver
    driver.stop()
    driver_trial.connect()
    driver.stop()
    driver.write(driver_trial.hold(driver_trial.read()))
    for _ in range(3):
        driver.stop()
    driver.close()
    driver.stop()


def test_after_stop_no_drive_gives_torque(driver_trial):
    state = driver_trial.connect()
    driver_trial.driver.write(driver_trial.hold(state))
    assert driver_trial.let_pass(5).torque_enabled
    driver_trial.driver.stop()
    state = driver_trial.let_pass(5)
    assert not state.torque_enabled
    assert (np.abs(state.effort) <= LEFT_SHARE * driver_trial.robot.limits.effort + 2.0).all()


def test_torque_comes_back_with_the_next_command_alone(driver_trial):
    state = driver_trial.connect()
    driver_trial.driver.write(driver_trial.hold(state))
    driver_trial.driver.stop()
    assert not driver_trial.let_pass(20).torque_enabled
    driver_trial.driver.write(driver_trial.hold(driver_trial.read()))
    assert driver_trial.let_pass(5).torque_enabled


def test_close_takes_the_torque_away(driver_trial):
    state = driver_trial.connect()
    driver_trial.driver.write(driver_trial.hold(state))
    driver_trial.let_pass(3)
    driver_trial.driver.close()
    assert not driver_trial.connect().torque_enabled
