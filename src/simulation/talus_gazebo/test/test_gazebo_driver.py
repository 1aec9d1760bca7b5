# SPDX-License-Identifier: Apache-2.0
"""Checks the driver on a stand-in for Gazebo's server."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from gazebo_stand_in import GazeboStandIn
from talus_core.driver import (
    Derating,
    DriverError,
    DriverSetup,
    EnergyMetered,
    FaultStage,
    Remarked,
    Simulated,
    SingleCut,
)
from talus_core.errors import UnknownNameError
from talus_core.state import JointCommand
from talus_gazebo.driver import GazeboDriver
from talus_simulation.faults.catalogue import FaultRequest

QUIET = {"noise.scale": 0.0, "settle_s": 0.2}


@pytest.fixture
def servers():
    """The servers that a driver opened, newest last."""
    return []


@pytest.fixture
def driver(robot, servers):
    """A connected driver without noise."""

    def open_server(plan):
        servers.append(GazeboStandIn(plan))
        return servers[-1]

    made = GazeboDriver(DriverSetup(robot, options=QUIET), open_server)
    made.connect()
    yield made
    made.close()


def hold(robot, state, **changes) -> JointCommand:
    """A command that holds a posture."""
    zero = np.zeros(len(robot.joint_names))
    effort = robot.limits.effort
    command = JointCommand(state.sequence, state.position, zero, zero, 5.0 * effort, 0.1 * effort)
    return command.with_(**changes)


def test_it_offers_what_the_simulated_body_of_mujoco_offers(driver):
    for capability in (Simulated, SingleCut, Derating, FaultStage, EnergyMetered, Remarked):
        assert isinstance(driver, capability), capability


def test_a_tick_is_a_whole_number_of_physics_steps(robot, driver, servers):
    before = len(servers[-1].pushes)
    driver.advance()
    assert len(servers[-1].pushes) - before == 2
    assert driver.time == driver.period
    with pytest.raises(DriverError, match=r"0\.003 s is not a multiple"):
        GazeboDriver(DriverSetup(robot, period=0.003, options={"step_s": 0.002}), GazeboStandIn)


def test_a_joint_follows_its_command_and_friction_holds_it_without_torque(robot, driver):
    state = driver.read(0.0)
    target = state.position.copy()
    knee = robot.joint_names.index("l_knee")
    target[knee] -= 0.2
    for _ in range(300):
        driver.write(hold(robot, state, position=target))
        driver.advance()
    reached = driver.read(0.0)
    assert reached.torque_enabled
    assert reached.position[knee] == pytest.approx(target[knee], abs=0.02)
    driver.stop()
    for _ in range(200):
        driver.advance()
    limp = driver.read(0.0)
    assert not limp.torque_enabled
    np.testing.assert_array_equal(limp.effort, 0.0)
    assert np.abs(limp.velocity).max() < 1e-3


def test_a_drive_gives_no_more_than_its_peak_and_less_at_speed(robot, driver):
    state = driver.read(0.0)
    strong = hold(robot, state, effort=100.0 * robot.limits.effort)
    driver.write(strong)
    driver.advance()
    first = driver.read(0.0).effort
    assert (np.abs(first) <= robot.limits.effort + 1e-9).all()
    for _ in range(500):
        driver.advance()
    assert np.abs(driver.read(0.0).effort[0]) < 0.5 * robot.limits.effort[0]  # back EMF


def test_a_cut_drive_gives_nothing(robot, driver):
    state = driver.read(0.0)
    driver.cut((3,))
    driver.write(hold(robot, state, effort=robot.limits.effort))
    driver.advance()
    effort = driver.read(0.0).effort
    assert effort[3] == 0.0 and effort[4] > 0.0


def test_a_locked_joint_stays(robot, driver):
    state = driver.read(0.0)
    driver.faults.inject(FaultRequest("drive.stuck", "l_knee", 0.0, 0.0))
    knee = robot.joint_names.index("l_knee")
    driver.write(hold(robot, state, effort=robot.limits.effort))
    for _ in range(100):
        driver.advance()
    moved = np.abs(driver.read(0.0).position - state.position)
    assert moved[knee] < 0.02 < moved[knee + 1]


def test_a_push_acts_for_its_time_and_has_its_impulse(driver, servers):
    before = len(servers[-1].pushes)
    driver.push("torso", np.array([0.0, 20.0, 0.0]), 0.1)
    for _ in range(80):
        driver.advance()
    forces = [push.get("torso", np.zeros(3)) for push in servers[-1].pushes[before:]]
    impulse = 0.001 * np.sum(forces, axis=0)
    np.testing.assert_allclose(impulse, [0.0, 20.0, 0.0], atol=1e-9)
    assert np.count_nonzero(np.array(forces)[:, 1]) == 100
    with pytest.raises(UnknownNameError, match="tail"):
        driver.push("tail", np.ones(3), 0.1)


def test_at_rest_the_imu_feels_gravity_and_the_soles_the_weight(driver):
    driver.advance()
    state = driver.read(0.0)
    np.testing.assert_allclose(state.linear_acceleration, [0.0, 0.0, 9.81], atol=1e-6)
    assert state.foot_wrenches[:, 2].sum() == pytest.approx(57.0 * 9.81, rel=1e-3)


def test_foot_sensors_the_wrong_way_round_are_refused_before_any_torque(robot):
    wrong = GazeboDriver(
        DriverSetup(robot, options=QUIET), lambda plan: GazeboStandIn(plan, sign=-1.0)
    )
    with pytest.raises(DriverError, match=r"soles feel -559 N upwards of a weight of 559 N"):
        wrong.connect()
    with pytest.raises(DriverError, match="before connect"):
        wrong.read(0.0)


def test_reset_is_a_new_server_and_time_goes_on(driver, servers):
    driver.advance()
    driver.reset()
    assert len(servers) == 2
    assert not servers[0].is_open and servers[1].is_open
    assert driver.time == driver.period
    assert not servers[0].plan.file.exists()


def test_friction_is_refused_with_what_would_work(driver):
    with pytest.raises(DriverError, match="<mu> in the world's SDF"):
        driver.set_friction("floor", 0.5)


@pytest.mark.parametrize(
    ("world", "message"),
    [
        ("<sdf version='1.9'><world></sdf>", "mismatched tag: line 1, column 28"),
        ("<robot/>", "begins with <robot>"),
        ("<sdf version='1.9'/>", "SDF file with <sdf> and <world>"),
        ("<mujoco><worldbody/></mujoco>", "begins with <mujoco>; .* ends in .xml"),
    ],
)
def test_a_world_that_cannot_be_used_is_one_line(robot, tmp_path: Path, world, message):
    file = tmp_path / "odd.sdf"
    file.write_text(world)
    with pytest.raises(DriverError, match=message) as caught:
        GazeboDriver(DriverSetup(robot, world=str(file)), GazeboStandIn)
    assert "\n" not in str(caught.value) and str(file) in str(caught.value)


def test_a_robot_that_does_not_parse_is_one_line(robot, tmp_path: Path):
    urdf = tmp_path / "broken.urdf"
    urdf.write_text("<robot><link></robot>")
    with pytest.raises(Exception, match="mismatched tag: line 1") as caught:
        GazeboDriver(DriverSetup(replace(robot, urdf=urdf)), GazeboStandIn)
    assert "\n" not in str(caught.value)
