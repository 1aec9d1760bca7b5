# SPDX-License-Identifier: Apache-2.0
"""What every driver that can run on this machine keeps to, whatever its body."""

import time

import numpy as np
import pytest
from talus_core.driver import Driver, DriverError, DriverSetup, Simulated, SingleCut
from talus_core.state import JointCommand
from talus_drivers.registry import create_driver, driver_names

pytestmark = pytest.mark.sim

STATE_SHAPES = {"angular_velocity": (3,), "linear_acceleration": (3,), "foot_wrenches": (2, 6)}


@pytest.fixture(params=driver_names())
def driver(request, robot):
    driver = create_driver(request.param, DriverSetup(robot, seed=3))
    yield driver
    driver.close()


def hold(driver: Driver, position: np.ndarray) -> JointCommand:
    size = len(driver.joint_names)
    zero = np.zeros(size)
    return JointCommand(0, position, zero, zero, np.full(size, 5.0), np.full(size, 0.1))


def test_is_a_driver(driver, robot):
    assert isinstance(driver, Driver)
    assert isinstance(driver, Simulated)
    assert driver.period == 0.002
    assert driver.joint_names == robot.joint_names  # before connect


def test_before_connect_reading_and_writing_are_refused(driver):
    with pytest.raises(DriverError, match="before connect"):
        driver.read(0.0)
    with pytest.raises(DriverError, match="before connect"):
        driver.write(hold(driver, np.zeros(len(driver.joint_names))))


def test_connect_leaves_the_robot_limp_and_still(driver):
    driver.connect()
    first = driver.read(0.0)
    assert not first.torque_enabled
    assert first.sequence == 0
    for _ in range(100):
        driver.advance()
    later = driver.read(driver.time)
    assert not later.torque_enabled
    np.testing.assert_allclose(later.position, first.position, atol=0.005)


def test_a_state_has_the_shapes_and_stamps_of_the_seam(driver):
    driver.connect()
    driver.advance()
    before = time.monotonic_ns()
    state = driver.read(12.5)
    assert state.time == 12.5
    assert state.sequence == 1
    assert before <= state.steady_time_ns <= time.monotonic_ns()
    for name in ("position", "velocity", "effort"):
        assert getattr(state, name).shape == (len(driver.joint_names),)
    for name, shape in STATE_SHAPES.items():
        assert getattr(state, name).shape == shape


def test_at_rest_the_accelerometer_shows_gravity_and_the_feet_carry_weight(driver):
    driver.connect()
    state = driver.read(0.0)  # from the first sample on
    assert np.linalg.norm(state.linear_acceleration) == pytest.approx(9.81, abs=0.3)
    assert np.linalg.norm(state.angular_velocity) < 0.05
    assert 100.0 < state.foot_wrenches[:, 2].sum() < 700.0


def test_reading_never_blocks(driver):
    driver.connect()
    start = time.thread_time()
    for _ in range(50):
        driver.read(driver.time)
    assert (time.thread_time() - start) / 50 < driver.period


def test_write_enables_torque_and_returns_what_was_sent_within_the_limits(driver, robot):
    driver.connect()
    command = hold(driver, driver.read(0.0).position).with_(effort=10.0 * robot.limits.effort)
    sent = driver.write(command)
    np.testing.assert_allclose(sent.effort, robot.limits.effort)
    np.testing.assert_array_equal(sent.position, command.position)
    driver.advance()
    state = driver.read(driver.time)
    assert state.torque_enabled
    assert (
        np.abs(state.effort) <= 1.02 * robot.limits.effort
    ).all()  # 1 %: noise of current sensing


def test_joints_follow(driver, robot):
    driver.connect()
    elbow = robot.joint_names.index("l_elbow")
    target = driver.read(0.0).position.copy()
    target[elbow] -= 0.3
    for _ in range(300):
        driver.write(
            hold(driver, target).with_(kp=5.0 * robot.limits.effort, kd=0.05 * robot.limits.effort)
        )
        driver.advance()
    assert driver.read(driver.time).position[elbow] == pytest.approx(target[elbow], abs=0.05)


def test_stop_takes_torque_away_is_idempotent_and_never_raises(driver):
    driver.stop()  # before connect
    driver.connect()
    driver.write(hold(driver, driver.read(0.0).position))
    for _ in range(3):
        driver.stop()
    driver.advance()
    state = driver.read(driver.time)
    assert not state.torque_enabled
    assert np.abs(state.effort).max() < 2.0
    driver.close()
    driver.stop()


def test_a_drive_that_is_cut_gives_no_torque_until_it_may_again(driver, robot):
    """Both bodies offer it; a driver need not."""
    assert isinstance(driver, SingleCut)
    driver.connect()
    elbow = robot.joint_names.index("l_elbow")
    raised = driver.read(0.0).position - 0.3 * np.eye(len(robot.joint_names))[elbow]
    command = hold(driver, raised).with_(
        kp=2.0 * robot.limits.effort, kd=0.05 * robot.limits.effort
    )
    efforts = []
    for joints in ((), (elbow,), ()):
        driver.cut(joints)
        driver.write(command)
        driver.advance()
        assert driver.read(driver.time).torque_enabled
        efforts.append(np.abs(driver.read(driver.time).effort) / robot.limits.effort)
    assert efforts[0][elbow] > 0.3 and efforts[2][elbow] > 0.3
    assert efforts[1][elbow] < 0.03


def test_close_is_idempotent_and_connect_opens_again(driver):
    driver.connect()
    driver.close()
    driver.close()
    with pytest.raises(DriverError):
        driver.read(0.0)
    driver.connect()
    assert not driver.read(0.0).torque_enabled


@pytest.mark.parametrize("name", ["position", "velocity", "effort", "kp", "kd"])
def test_wrong_size_and_nan_are_refused_and_the_last_command_stays(driver, name):
    driver.connect()
    good = hold(driver, driver.read(0.0).position)
    driver.write(good)
    bad = getattr(good, name).copy()
    bad[-1] = np.nan
    with pytest.raises(DriverError, match=f"finite: {name}"):
        driver.write(good.with_(**{name: bad}))
    with pytest.raises(DriverError, match=f"{name}.*shape"):
        driver.write(good.with_(**{name: bad[:-1]}))
    driver.advance()
    assert driver.read(driver.time).torque_enabled


def test_time_goes_by_periods_and_never_back(driver):
    driver.connect()
    for k in range(1, 6):
        driver.advance()
        assert driver.time == pytest.approx(k * driver.period)
    driver.write(hold(driver, driver.read(driver.time).position))
    driver.reset()
    assert driver.time == pytest.approx(5 * driver.period)
    state = driver.read(driver.time)
    assert state.sequence == 5
    assert not state.torque_enabled


def test_reset_is_the_start_again(driver):
    driver.connect()
    start = driver.ground_truth()
    driver.write(
        hold(driver, np.zeros(len(driver.joint_names))).with_(
            kp=np.full(len(driver.joint_names), 20.0)
        )
    )
    for _ in range(50):
        driver.advance()
    driver.reset()
    np.testing.assert_array_equal(driver.ground_truth().position, start.position)
    np.testing.assert_array_equal(driver.ground_truth().quat_xyzw, start.quat_xyzw)


def test_the_battery_reports_the_pack_and_drains(driver):
    driver.connect()
    first = driver.battery()
    for _ in range(500):
        driver.advance()
    last = driver.battery()
    assert last.current < 0.0
    assert 40.0 < last.voltage < 60.0
    assert (
        60.0 < first.energy - last.energy < 150.0
    )  # 1 s: 60 W of computing, and the standby of 40 drives
    assert last.charge_fraction < first.charge_fraction <= 1.0


def test_the_same_seed_and_commands_give_the_same_states_bit_for_bit(driver, robot):
    runs = []
    for wall_delay in (0.0, 0.001):
        twin = create_driver(
            "mujoco" if "Mujoco" in type(driver).__name__ else "mock", DriverSetup(robot, seed=3)
        )
        twin.connect()
        states = []
        for _ in range(60):
            time.sleep(wall_delay)  # how long a tick takes on the wall must not matter
            state = twin.read(twin.time)
            twin.write(hold(twin, 0.9 * state.position))
            twin.advance()
            states.append(
                (state.sequence, state.position.tobytes(), state.linear_acceleration.tobytes())
            )
        runs.append(states)
    assert runs[0] == runs[1]
