# SPDX-License-Identifier: Apache-2.0
"""A robot that is not as it is configured is refused before any drive gets torque."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import talus_can
import yaml
from scripted_robot import KINDS, ROBOT, ScriptedRobot, options_of, seats
from talus_can.bus.seam import BusError
from talus_can.config import read_config
from talus_can.fleet.build import build_groups, check_loads
from talus_core.driver import DriverError
from talus_core.errors import TalusError
from talus_core.parameters import flatten

EVERY = list(KINDS)


def refused(robot: ScriptedRobot) -> str:
    """The line with which a robot is refused; no drive was on meanwhile."""
    ever_on = []
    for drive in robot.drives.values():
        drive.on = lambda drive=drive: ever_on.append(drive)
    with pytest.raises(DriverError) as caught:
        robot.driver.connect()
    assert not ever_on
    assert not any(bus.is_open for bus in robot.buses.values())
    line = str(caught.value)
    assert "\n" not in line
    return line


@pytest.mark.parametrize("name", EVERY)
def test_a_drive_that_does_not_answer_is_named_with_joint_id_and_bus(name):
    robot = ScriptedRobot(name, answer_s=0.05)
    robot.bus_of("l_knee").silent.add(robot.drives["l_knee"].drive_id)
    line = refused(robot)
    assert f"joint 'l_knee': its {name} drive, id 4 on bus can0, does not answer" in line


def test_many_that_do_not_answer_are_one_line_and_strangers_are_named():
    robot = ScriptedRobot(answer_s=0.05)
    for drive in robot.buses["can1"].drives:
        drive.drive_id += 0x40
    robot.buses["can1"].inbox = [(0x155, 0, bytes(8))]
    robot.buses["can1"].open = lambda: setattr(robot.buses["can1"], "is_open", True)
    line = refused(robot)
    assert "joint 'l_ankle_roll'" in line
    assert "frames came that belong to no joint: 0x155 on can1" in line


@pytest.mark.parametrize("name", EVERY)
def test_two_drives_with_one_id_are_found(name):
    robot = ScriptedRobot(name)
    first = robot.buses["can1"].drives[0]
    twin = type(first)(first.drive_id, first.ranges, position=first.position)
    robot.buses["can1"].drives.append(twin)
    line = refused(robot)
    joint = next(key for key, drive in robot.drives.items() if drive is first)
    assert f"joint '{joint}': id {first.drive_id} on bus can1 answers 2 times" in line
    assert "two drives have this id" in line


@pytest.mark.parametrize("name", ["damiao", "moteus"])
def test_ranges_of_another_motor_are_refused_by_joint_and_numbers(name):
    robot = ScriptedRobot(name, answer_s=0.1)
    register, words, other = {
        "damiao": (
            22,
            "velocity range 45 rad/s, motor '10010L' in the configuration 25 rad/s",
            45.0,
        ),
        "moteus": (
            "servo.pid_position.kp",
            "kp range 0.63662 N m/rad, motor 'default' in the configuration 400 N m/rad",
            4.0,
        ),
    }[name]  # fmt: skip
    robot.drives["l_knee"].registers[register] = other
    assert f"joint 'l_knee': its drive has {words}" in refused(robot)


def test_swapped_ids_of_different_motors_are_found_by_their_ranges():
    robot = ScriptedRobot(answer_s=0.1)
    elbow, shoulder = robot.drives["l_wrist_yaw"], robot.drives["l_elbow"]
    assert robot.bus_of("l_elbow") is robot.bus_of("l_wrist_yaw")
    elbow.drive_id, shoulder.drive_id = shoulder.drive_id, elbow.drive_id
    for drive in (elbow, shoulder):
        drive.power_up()
    line = refused(robot)
    assert "joint 'l_elbow'" in line and "joint 'l_wrist_yaw'" in line


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("change", [{"sign": -1}, {"gear": 3.0}, {"offset": 2.0}])
def test_a_joint_that_cannot_stand_where_it_says_is_refused(name, change):
    options = {f"drives.l_knee.{key}": value for key, value in change.items()}
    if "sign" in change:
        options["drives.l_knee.sign"] = -options_of(seats(name))["drives.l_knee.sign"]
    options["drives.l_knee.offset"] = change.get("offset", 0.7 if "gear" in change else 0.0)
    robot = ScriptedRobot(name, options=options)
    if "gear" in change:
        robot.drives["l_knee"].position = 12.0
    line = refused(robot)
    assert "joint 'l_knee' stands at" in line and "outside its range" in line


def test_a_mode_or_watchdog_that_cannot_be_set_is_refused():
    for register, words in ((10, "mode 2"), (9, "watchdog 0 s")):
        robot = ScriptedRobot(answer_s=0.1)
        drive = robot.drives["l_knee"]

        class Stuck(dict):
            def __setitem__(self, key, value, stuck=register):
                if key != stuck:
                    super().__setitem__(key, value)

        drive.registers = Stuck(drive.registers)
        assert f"joint 'l_knee': its drive has {words}" in refused(robot)


def test_a_drive_that_tells_nothing_of_a_setting_is_refused():
    robot = ScriptedRobot(answer_s=0.1)
    drive = robot.drives["l_knee"]
    plain = drive.answer
    drive.answer = lambda can_id, flags, data: (
        [] if can_id == 0x7FF and data[2:4] == b"\x33\x15" else plain(can_id, flags, data)
    )
    assert "joint 'l_knee': its drive does not tell its position range" in refused(robot)


def test_a_drive_that_keeps_its_torque_is_refused():
    robot = ScriptedRobot(answer_s=0.05)
    drive = robot.drives["l_knee"]
    drive.is_on = True
    drive.off = lambda: None
    assert "drives keep their torque though told to rest: l_knee" in refused(robot)


def test_a_bus_that_cannot_be_opened_frees_the_others():
    robot = ScriptedRobot()

    def fails():
        raise BusError("bus can3: interface 'can3' is down")

    robot.buses["can3"].open = fails
    assert refused(robot) == "bus can3: interface 'can3' is down"


def test_after_a_refusal_a_mended_robot_connects():
    robot = ScriptedRobot(answer_s=0.05)
    bus = robot.bus_of("l_knee")
    bus.silent.add(4)
    with pytest.raises(DriverError):
        robot.driver.connect()
    bus.silent.clear()
    assert robot.connect().sequence == 0


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"drives.l_knee.bus": "can9"}, "drives.l_knee: unknown bus 'can9'; nearest: can"),
        ({"drives.l_knee.bus": ""}, "drives.l_knee: bus is missing"),
        ({"drives.l_knee.id": 1}, "joints 'l_hip_yaw' and 'l_knee' have the same id 1 on bus"),
        ({"drives.l_knee.id": "four"}, "drives.l_knee: parameter 'id' is 'four'"),
        ({"drives.l_knee.model": "10011L"}, "unknown damiao motor '10011L'; nearest: 10010L"),
        ({"drives.l_knee.family": "damaio"}, "unknown value 'damaio'; nearest: damiao"),
        ({"drives.l_knee.sign": 0}, "drives.l_knee: sign is 0; 1 or -1 would do"),
        ({"drives.l_knee.gear": 0.0}, "parameter 'gear' is 0.0; it must be from 0.01 to 1000"),
        ({"drives.l_knee.geer": 1.0}, "drives.l_knee: unknown parameter 'geer'; nearest: gear"),
        ({"drives.l_knee.mode": "position"}, "unknown value 'position'"),
        ({"drives.l_knee.overrides.effort": -1}, "effort is -1; it must be above 0"),
        ({"drives.l_knee.reply_id": 99}, "lacks reply_id, which other damiao drives have"),
        ({"drives.l_knee.is_flexible": True}, "it is set to CAN FD, and bus can0 has no data_rate"),
        ({"drives.l_kneee.bus": "can0"}, "drives: unknown joint 'l_kneee'; nearest: l_knee"),
        ({"buses.can0.kind": "socketcann"}, "buses.can0: parameter 'kind': unknown value"),
        ({"buses.can99.kind": "unix"}, "no drive is on bus can99; leave it out"),
        ({"watchdog_s": 5.0}, "parameter 'watchdog_s' is 5.0; it must be from 0.01 to 1.0"),
        ({"watchdogs": 5.0}, "unknown entry 'watchdogs'; nearest: watchdog_s"),
        ({"hot_c": 150.0}, "hot_c is 150; it must be below too_hot_c, 100"),
        ({"sensors": "stil"}, "unknown sensors 'stil'; nearest: still"),
        ({"sensors": "no_such_module:make"}, "sensors 'no_such_module:make' cannot be imported"),
        ({"drives": []}, "entry 'drives' is no row"),
    ],
)  # fmt: skip
def test_a_wrong_configuration_is_one_line_when_the_driver_is_built(changes, said):
    with pytest.raises(TalusError) as caught:
        ScriptedRobot(options=changes)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_joints_without_a_drive_are_named():
    every = options_of(seats("damiao"))
    options = {key: value for key, value in every.items() if "knee" not in key}
    with pytest.raises(TalusError, match="no drive for: l_knee, r_knee"):
        read_config(options, ROBOT.joint_names)


def test_the_example_of_the_page_is_a_configuration():
    page = (Path(talus_can.__file__).parent / "fleet" / "README.md").read_text()
    example = yaml.safe_load(page.split("```yaml\n")[1].split("```")[0])
    assert example.pop("driver") == "can"
    config = read_config(flatten(example), ("l_knee", "r_knee"))
    groups = build_groups(config.wiring, ("l_knee", "r_knee"), np.array([200.0, 200.0]))
    assert [group.name for group in groups] == ["damiao", "robstride"]
    assert all(load < 0.7 for load in check_loads(config.wiring, groups, 0.002).values())


def test_moteus_on_a_bus_without_a_faster_rate_is_refused():
    with pytest.raises(TalusError, match="moteus speaks CAN FD, and bus can0 has no data_rate"):
        ScriptedRobot("moteus", options={"buses.can0.data_rate": 0.0})


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("damiao", "bus can0 would be busy for 135% of the time with 5 drives at 1000 Hz, and 70% "
         "is the most; 518 Hz would work, or 2 drives on each of 3 buses"),
        ("mixed", "bus can0 would be busy for 135%"),
    ],
)  # fmt: skip
def test_a_bus_that_would_be_too_busy_is_refused_with_what_would_work(name, said):
    with pytest.raises(TalusError) as caught:
        ScriptedRobot(name, period=0.001)
    assert said in str(caught.value)


def test_a_bus_of_two_families_counts_both():
    options = options_of(seats("mixed"))
    joint = "l_shoulder_pitch"
    changes = {f"drives.{joint}.bus": "can0", f"drives.{joint}.id": 20}
    assert options[f"drives.{joint}.family"] == "robstride"
    with pytest.raises(TalusError, match=r"bus can0 would be busy for 8\d% .* with 6 drives"):
        ScriptedRobot("mixed", options=changes)
