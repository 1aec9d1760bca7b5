# SPDX-License-Identifier: Apache-2.0
"""What a driver may offer besides: each capability keeps its word."""

import numpy as np
import pytest
from talus_core.driver import (
    Aged,
    Derating,
    Diagnosed,
    EnergyMetered,
    FaultStage,
    PartlyFelt,
    Posable,
    Remarked,
    Simulated,
    SingleCut,
)
from talus_core.words.body_senses import BodySense

from talus_conformance.trial import FIRM_PER_EFFORT, SMALL_MOVE_RAD

# From a cut, or its end, to a report that shows it: the drive must hear of it, act and answer.
WITHIN_PERIODS = 4


def test_a_single_drive_that_is_cut_gives_no_torque_until_it_may_again(driver_trial):
    driver_trial.must_be(SingleCut)
    driver_trial.must_move()
    state = driver_trial.connect()
    driver = driver_trial.driver
    joint = driver_trial.moved_joint
    limits = driver_trial.robot.limits
    shares = []
    for joints in ((), (joint,), ()):
        target = state.position.copy()
        target[joint] -= SMALL_MOVE_RAD
        command = driver_trial.hold(state, (2.0, FIRM_PER_EFFORT[1])).with_(position=target)
        driver.cut(joints)
        seen = []
        for _ in range(WITHIN_PERIODS):
            driver.write(command)
            state = driver_trial.let_pass()
            seen.append(abs(state.effort[joint]) / limits.effort[joint])
        assert state.torque_enabled
        shares.append(seen)
    assert max(shares[0]) > 0.3 and max(shares[2]) > 0.3
    assert shares[1][-1] < 0.05


def test_cutting_never_raises(driver_trial):
    driver_trial.must_be(SingleCut)
    driver_trial.driver.cut((0,))
    driver_trial.connect()
    driver_trial.driver.cut(tuple(range(driver_trial.size)))
    driver_trial.driver.cut(())
    driver_trial.driver.close()
    driver_trial.driver.cut((0,))


def test_torque_left_is_a_share_for_each_drive(driver_trial):
    driver_trial.must_be(Derating)
    driver_trial.connect()
    left = np.asarray(driver_trial.driver.torque_left)
    assert left.shape == (driver_trial.size,)
    assert ((left >= 0.0) & (left <= 1.0)).all()


def test_ages_are_of_each_joint_and_young_while_it_is_read(driver_trial):
    driver_trial.must_be(Aged)
    driver_trial.connect()
    driver_trial.let_pass(5)
    ages = driver_trial.driver.ages
    missed = driver_trial.driver.missed
    assert ages.shape == missed.shape == (driver_trial.size,)
    assert (ages >= 0.0).all() and np.isfinite(ages).all()
    assert np.median(missed) <= 5


def test_diagnostics_are_numbers_and_words_and_complaints_are_lines(driver_trial):
    driver_trial.must_be(Diagnosed)
    driver_trial.connect()
    driver_trial.let_pass()
    told = driver_trial.driver.diagnostics
    assert all(isinstance(value, (float, str)) for value in told.values())
    lines = [*told, *driver_trial.driver.complaints]
    assert all(isinstance(line, str) and "\n" not in line for line in lines)


def test_energy_is_counted_from_connect_on_and_never_back(driver_trial):
    driver_trial.must_be(EnergyMetered)
    driver_trial.connect()
    used = [driver_trial.driver.energy_used]
    for _ in range(3):
        driver_trial.let_pass(20)
        used.append(driver_trial.driver.energy_used)
    assert 0.0 <= used[0] < used[-1]
    assert sorted(used) == used


def test_what_a_body_does_not_feel_is_named_and_only_a_simulated_one_may_say_so(driver_trial):
    driver_trial.must_be(PartlyFelt)
    unfelt = driver_trial.driver.unfelt
    assert isinstance(driver_trial.driver, Simulated)
    assert set(unfelt) <= set(BodySense)


def test_remarks_are_lines(driver_trial):
    driver_trial.must_be(Remarked)
    assert all(isinstance(line, str) and "\n" not in line for line in driver_trial.driver.remarks)


def test_a_scene_s_pose_is_finite(driver_trial):
    driver_trial.must_be(Posable)
    driver_trial.connect()
    assert np.isfinite(driver_trial.driver.qpos).all()


def test_no_fault_acts_before_one_is_staged(driver_trial):
    driver_trial.must_be(FaultStage)
    driver_trial.connect()
    assert list(driver_trial.driver.faults.active) == []


def test_simulated_time_goes_by_periods_and_never_back(driver_trial):
    driver_trial.must_be(Simulated)
    driver = driver_trial.driver
    driver_trial.connect()
    for count in range(1, 6):
        driver.advance()
        assert driver.time == pytest.approx(count * driver.period)
    driver.write(driver_trial.hold(driver_trial.read()))
    driver.reset()
    assert driver.time == pytest.approx(5 * driver.period)
    state = driver_trial.read()
    assert state.sequence == 5
    assert not state.torque_enabled


def test_reset_is_the_start_again(driver_trial):
    driver_trial.must_be(Simulated)
    state = driver_trial.connect()
    start = driver_trial.driver.ground_truth()
    firm = driver_trial.hold(state, FIRM_PER_EFFORT)
    driver_trial.driver.write(firm.with_(position=np.zeros(driver_trial.size)))
    driver_trial.let_pass(50)
    driver_trial.driver.reset()
    again = driver_trial.driver.ground_truth()
    np.testing.assert_array_equal(again.position, start.position)
    np.testing.assert_array_equal(again.quat_xyzw, start.quat_xyzw)


def test_the_same_seed_and_commands_give_the_same_states_bit_for_bit(driver_trial):
    driver_trial.must_be(Simulated)
    runs = []
    for trial in (driver_trial, driver_trial.again()):
        trial.connect()
        states = []
        for _ in range(60):
            state = trial.read()
            command = trial.hold(state)
            trial.driver.write(command.with_(position=0.9 * state.position))
            trial.driver.advance()
            states.append((state.sequence, state.position.tobytes(), state.effort.tobytes()))
        trial.driver.close()
        runs.append(states)
    assert runs[0] == runs[1]
