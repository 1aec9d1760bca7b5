# SPDX-License-Identifier: Apache-2.0
"""A driver of scripted drives: what it reads, sends and says when drives and buses fail."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scripted_robot import COUNT, KINDS, MIXED, PERIOD, ROBOT, ScriptedRobot, hold
from talus_can.bus.seam import BusError, BusState
from talus_core.driver import Aged, Derating, Diagnosed, Driver, DriverError, Remarked, SingleCut

FAMILIES = [*KINDS, MIXED]
KNEE = ROBOT.joint_names.index("l_knee")
OTHERS = np.arange(COUNT) != KNEE


@pytest.fixture
def robot():
    return ScriptedRobot()


def running(robot: ScriptedRobot):
    """A robot whose drives have held it for some ticks, and the command that holds it."""
    command = hold(robot.connect())
    robot.tick(command, 5)
    return command


@pytest.mark.parametrize("name", FAMILIES)
def test_joints_stand_where_they_are_whatever_turns_their_drives(name):
    robot = ScriptedRobot(name)
    state = robot.connect()
    np.testing.assert_allclose(state.position, ROBOT.poses["sit"], atol=0.001)
    assert not state.torque_enabled
    assert state.sequence == 0


@pytest.mark.parametrize("name", FAMILIES)
def test_what_write_returns_is_what_the_drives_were_told(name):
    robot = ScriptedRobot(name)
    state = robot.connect()
    rng = np.random.default_rng(5)
    limits = ROBOT.limits.effort
    command = hold(
        state,
        position=rng.uniform(-1, 1, COUNT),
        velocity=rng.uniform(-1, 1, COUNT),
        effort=rng.uniform(-2, 2, COUNT) * limits,
    )
    sent = robot.driver.write(command)
    for place, joint in enumerate(ROBOT.joint_names):
        row = f"drives.{joint}."
        ratio = robot.options[f"{row}gear"] * robot.options[f"{row}sign"]
        position, velocity, effort, kp, kd = robot.drives[joint].commanded
        told = (
            position / ratio + robot.options[f"{row}offset"],
            velocity / ratio,
            effort * ratio,
            kp * ratio**2,
            kd * ratio**2,
        )
        names = ("position", "velocity", "effort", "kp", "kd")
        np.testing.assert_allclose([getattr(sent, key)[place] for key in names], told, rtol=1e-6)
    assert (np.abs(sent.effort) <= limits * (1 + 1e-9)).all()
    assert (np.abs(sent.effort) >= np.minimum(np.abs(command.effort), 0.97 * limits) - 0.1).all()


@pytest.mark.parametrize("name", FAMILIES)
def test_a_command_switches_all_drives_on_and_stop_all_off(name):
    robot = ScriptedRobot(name)
    command = running(robot)
    assert all(drive.is_on for drive in robot.drives.values())
    robot.driver.stop()
    assert not any(drive.is_on for drive in robot.drives.values())
    assert not robot.tick(None, 2).torque_enabled
    assert robot.tick(command, 5).torque_enabled


def test_a_drive_that_missed_the_stop_is_told_again_until_it_shows_it(robot):
    running(robot)
    drive = robot.drives["l_knee"]
    keep, drive.handle = drive.handle, lambda *_: []
    robot.driver.stop()
    drive.handle = keep
    assert drive.is_on
    robot.tick(None, 3)
    assert not drive.is_on


@pytest.mark.parametrize("name", FAMILIES)
def test_drives_whose_host_falls_silent_let_go_by_their_watchdog(name):
    robot = ScriptedRobot(name)
    running(robot)
    robot.clock.pass_(0.06)
    for bus in robot.buses.values():
        for drive in bus.drives:
            drive.handle(0x7EE, 0, b"", robot.clock.now_ns)
    assert not any(drive.is_on for drive in robot.drives.values())


def test_the_contract_is_kept_with_what_is_offered_besides(robot):
    for kind in (Driver, Aged, Derating, Diagnosed, Remarked, SingleCut):
        assert isinstance(robot.driver, kind)


@pytest.mark.parametrize("name", FAMILIES)
def test_a_drive_that_is_cut_lets_go_alone_and_comes_back(name):
    robot = ScriptedRobot(name)
    command = running(robot)
    robot.driver.cut((KNEE,))
    sent = robot.driver.write(command)
    assert sent.kp[KNEE] == sent.effort[KNEE] == 0.0
    robot.tick(command, 30)
    on = np.array([drive.is_on for drive in robot.drives.values()])
    assert not on[KNEE] and on[OTHERS].all()
    assert robot.driver.ages[KNEE] <= PERIOD
    robot.driver.cut(())
    robot.tick(command, 3)
    assert robot.drives["l_knee"].is_on
    assert (robot.driver.torque_left == 1.0).all()


@pytest.mark.parametrize("name", FAMILIES)
def test_no_tick_has_more_frames_than_the_load_was_planned_for(name):
    """Whatever the gate does in each tick: one frame for each drive, and one reply."""
    robot = ScriptedRobot(name)
    command = running(robot)

    def busiest(tick) -> int:
        tick()  # the first of its kind may tell drives once more
        for bus in robot.buses.values():
            bus.sent.clear()
        for _ in range(5):
            tick()
        return max(sum(map(len, bus.sent)) - 5 * len(bus.drives) for bus in robot.buses.values())

    def cut():
        robot.driver.cut((KNEE,))
        robot.tick(command)

    def stopped():
        robot.driver.stop()
        robot.tick(None)

    for tick in (lambda: robot.tick(command), cut, stopped, lambda: robot.tick(None)):
        assert busiest(tick) <= 5 + 1  # one setting is audited in each; the voltage


def test_lost_replies_are_counted_and_aged_and_the_joint_stays_where_it_was(robot):
    command = running(robot)
    robot.bus_of("l_knee").silent.add(robot.drives["l_knee"].drive_id)
    robot.drives["l_knee"].position += 0.5
    robot.drives["l_knee"].velocity = 1.0
    state = robot.tick(command, 10)
    assert robot.driver.missed[KNEE] == 10 and not robot.driver.missed[OTHERS].any()
    assert robot.driver.ages[KNEE] == pytest.approx(10 * PERIOD)
    assert state.position[KNEE] == pytest.approx(ROBOT.poses["sit"][KNEE], abs=0.001)
    assert robot.driver.torque_left[KNEE] == 1.0
    robot.bus_of("l_knee").silent.clear()
    assert robot.tick(command).velocity[KNEE] == pytest.approx(-1.0, abs=0.1)
    assert robot.driver.ages[KNEE] == 0.0


def test_a_joint_that_is_silent_for_as_long_as_its_watchdog_counts_as_let_go(robot):
    command = running(robot)
    robot.bus_of("l_knee").silent.add(robot.drives["l_knee"].drive_id)
    state = robot.tick(command, 30)
    assert robot.driver.torque_left[KNEE] == 0.0
    assert state.velocity[KNEE] == state.effort[KNEE] == 0.0
    assert state.torque_enabled
    assert robot.driver.complaints == ["l_knee: its drive is silent"]
    robot.bus_of("l_knee").silent.clear()
    robot.tick(command, 30)
    assert not robot.drives["l_knee"].is_on
    assert robot.driver.complaints == ["l_knee: its drive dropped out"]
    robot.driver.stop()
    robot.tick(None, 15)
    robot.tick(command, 3)
    assert robot.drives["l_knee"].is_on
    assert robot.driver.torque_left[KNEE] == 1.0


@pytest.mark.parametrize("share", [0.01, 0.05])
def test_lost_frames_disturb_nobody(robot, share):
    command = running(robot)
    chance = np.random.default_rng(1)
    for bus in robot.buses.values():
        bus.loses = lambda: chance.random() < share
    state = robot.tick(command, 300)
    assert state.torque_enabled
    assert (robot.driver.torque_left == 1.0).all()
    assert 0 < robot.driver.missed.sum() < 300 * COUNT * 3 * share


@pytest.mark.parametrize("name", FAMILIES)
def test_a_drive_that_reboots_stays_off_until_torque_is_given_anew(name):
    robot = ScriptedRobot(name)
    command = running(robot)
    robot.drives["l_knee"].reboot(robot.clock.now_ns)
    state = robot.tick(command, 40)
    assert not robot.drives["l_knee"].is_on and state.torque_enabled
    assert robot.driver.torque_left[KNEE] == 0.0
    assert robot.driver.complaints == ["l_knee: its drive dropped out"]
    robot.driver.stop()
    robot.tick(None, 15)  # its watchdog and mode are set and read back meanwhile
    assert robot.drives["l_knee"].watchdog_s == pytest.approx(0.05)
    assert robot.tick(command, 3).torque_enabled
    assert robot.drives["l_knee"].is_on
    assert robot.driver.torque_left[KNEE] == 1.0 and not robot.driver.complaints


@pytest.mark.parametrize("name", FAMILIES)
def test_a_drive_that_lost_power_for_a_moment_while_limp_is_set_anew(name):
    robot = ScriptedRobot(name)
    command = hold(robot.connect())
    drive = robot.drives["l_knee"]
    drive.power_up()
    assert drive.watchdog_s != pytest.approx(0.05)
    robot.tick(None, 300)
    assert drive.watchdog_s == pytest.approx(0.05)
    robot.tick(command, 3)
    assert drive.is_on and (robot.driver.torque_left == 1.0).all()


def test_an_answer_that_comes_late_makes_no_drive_another():
    """A moteus answers with a number alone; what is left of an earlier question is not believed."""
    robot = ScriptedRobot("moteus")
    command = hold(robot.connect())
    for drive in robot.drives.values():
        drive.text.append(b"7\r\n")
    robot.tick(None, 70)
    state = robot.tick(command, 30)
    assert state.torque_enabled and (robot.driver.torque_left == 1.0).all()


def test_a_drive_that_came_back_as_another_motor_gets_no_torque(robot):
    command = running(robot)
    robot.drives["l_knee"].power_up()
    robot.drives["l_knee"].registers[23] = 54.0
    robot.tick(command, 15)
    robot.driver.stop()
    robot.tick(None, 50)
    robot.tick(command, 5)
    assert not robot.drives["l_knee"].is_on
    assert robot.driver.torque_left[KNEE] == 0.0


@pytest.mark.parametrize(
    ("name", "fault", "words"),
    [
        ("damiao", 0xC, "motor too hot"),
        ("robstride", 4, "too hot (report)"),
        ("moteus", 38, "too hot"),
    ],
)
def test_a_fault_is_told_in_words_and_cleared_when_torque_is_given_anew(name, fault, words):
    robot = ScriptedRobot(name)
    command = running(robot)
    drive = robot.drives["l_knee"]
    drive.fault = fault
    drive.off()
    robot.tick(command, 12)
    assert robot.driver.complaints == [f"l_knee: {words}"]
    assert robot.driver.torque_left[KNEE] == 0.0
    assert robot.driver.diagnostics["drives_dropped"] == 1.0
    robot.driver.stop()
    robot.tick(None, 15)
    robot.tick(command, 4)
    assert drive.is_on and not robot.driver.complaints


def test_a_hot_drive_has_less_torque_left(robot):
    command = running(robot)
    for heat, left in ((70, 1.0), (85, 0.75), (90, 0.5), (120, 0.0)):
        robot.drives["l_knee"].temperature = heat
        robot.tick(command)
        assert robot.driver.torque_left[KNEE] == pytest.approx(left)
    assert robot.driver.complaints == ["l_knee: 120 C"]
    assert robot.driver.diagnostics["hottest_drive"] == "l_knee 120 C"


def off(bus) -> None:
    bus.health = replace(bus.health, state=BusState.OFF)


def test_a_bus_that_goes_off_is_restarted_and_its_drives_go_on(robot):
    command = running(robot)
    off(robot.buses["can0"])
    robot.tick(command, 3)
    assert robot.buses["can0"].health.restarts == 1
    state = robot.tick(command, 3)
    assert state.torque_enabled
    assert all(drive.is_on for drive in robot.drives.values())
    assert not robot.driver.complaints


def test_a_bus_that_stays_off_is_restarted_so_often_and_no_more(robot):
    command = running(robot)
    robot.buses["can0"].stays_off = True
    off(robot.buses["can0"])
    state = robot.tick(command, 100)
    assert robot.buses["can0"].health.restarts == 5
    lost = np.arange(COUNT) < 5
    assert (robot.driver.torque_left == np.where(lost, 0.0, 1.0)).all()
    assert state.torque_enabled and np.isfinite(state.position).all()
    assert robot.driver.complaints[0] == "bus can0 is off"
    robot.driver.stop()
    robot.driver.close()


@pytest.mark.parametrize("verb", ["send", "receive"])
def test_stop_and_close_never_raise_whatever_the_buses_do(robot, verb):
    running(robot)

    def broken(*_):
        raise BusError("gone")

    for bus in robot.buses.values():
        setattr(bus, verb, broken)
    robot.driver.stop()
    robot.driver.cut((0,))
    robot.driver.close()
    assert not any(bus.is_open for bus in robot.buses.values())


def test_close_takes_torque_from_every_drive_and_frees_every_bus(robot):
    running(robot)
    robot.driver.close()
    assert not any(drive.is_on for drive in robot.drives.values())
    assert not any(bus.is_open for bus in robot.buses.values())
    with pytest.raises(DriverError, match="read before connect"):
        robot.driver.read(0.0)


def test_the_battery_is_told_by_the_voltage_at_a_drive(robot):
    assert robot.driver.battery().charge_fraction == 1.0
    robot.connect()
    robot.tick(None, 2)
    assert robot.driver.battery().voltage == 48.0
    assert 0.2 < robot.driver.battery().charge_fraction < 0.5


def test_absent_sensors_report_nothing_rather_than_something():
    state = ScriptedRobot(sensors="absent").connect()
    assert np.isnan(state.linear_acceleration).all()
