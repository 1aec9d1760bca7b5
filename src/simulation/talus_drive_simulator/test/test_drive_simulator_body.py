# SPDX-License-Identifier: Apache-2.0
"""A body behind simulated drives is limp without orders, held through frames, and repeatable."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from one_drive import batch_of
from talus_can.codec.drives import Drives
from talus_can.codec.family import Order
from talus_can.codec.feedback import Feedback
from talus_can.codec.registry import make_family
from talus_can.codec.targets import Targets
from talus_can.frames import FrameBatch
from talus_core.driver import DriverSetup
from talus_core.errors import UnknownNameError
from talus_core.files.data_files import yaml_tree
from talus_core.robot import load_robot
from talus_core.state import JointCommand
from talus_drive_simulator.faults import BUS_FAULTS, FaultStager
from talus_drive_simulator.planning import plan_wiring, wiring_text
from talus_drive_simulator.simulator import DriveSimulator
from talus_drive_simulator.wires.frame import frames_of
from talus_drive_simulator.wiring import wiring_of
from talus_simulation.faults.catalogue import FaultRequest
from talus_simulation.mujoco_body.driver import MujocoDriver

from conftest import ROBOT

OPTIONS = {"settle_s": 0.0, "start_pose": "stand", "noise.scale": 0.0}
PERIOD_S = 0.002


@cache
def planned(family: str) -> str:
    """The wiring of talus40 with drives of a family, as a file has it."""
    return wiring_text(plan_wiring(load_robot(ROBOT), family, 500.0))


class Host:
    """Moves a simulated robot by the codec of one family, bus by bus."""

    def __init__(self, robot, family: str = "damiao", seed: int = 0, **options):
        wiring = wiring_of(yaml_tree(planned(family)), robot.joint_names)
        setup = DriverSetup(robot, seed=seed, options={**OPTIONS, **options})
        self.simulator = DriveSimulator(setup, wiring)
        self.stager = FaultStager(self.simulator)
        self.buses = list(wiring.buses)
        drives = Drives(
            joints=tuple(drive.joint for drive in wiring.drives),
            bus=np.array([self.buses.index(drive.row.bus) for drive in wiring.drives]),
            drive_id=np.array([drive.row.id for drive in wiring.drives]),
            models=tuple(drive.spec.model for drive in wiring.drives),
            is_flexible=wiring.drives[0].spec.is_flexible,
        )
        self.family = make_family(family, drives, None)
        self.seen = Feedback.unheard(len(drives))
        self.peak = robot.limits.effort
        self.pose = robot.poses["stand"]

    def send(self, batch: FrameBatch) -> None:
        for number, name in enumerate(self.buses):
            self.simulator.send(name, frames_of(batch.on_bus(number)))

    def tick(self) -> None:
        self.stager.begin_tick()
        self.simulator.advance()
        for number, name in enumerate(self.buses):
            if frames := self.simulator.take(name):
                self.family.decode(batch_of(frames, number), self.seen)

    def enable(self) -> None:
        self.send(self.family.order(Order.ENABLE, self.seen))
        self.tick()

    def restart(self) -> Host:
        """Be as at first, but for the time."""
        self.inject("none")
        self.simulator.reset()
        self.seen = Feedback.unheard(len(self.peak))
        return self

    def hold(self, ticks: int, joints: np.ndarray | None = None) -> None:
        """Command the posture for so many ticks; the drives of `joints`, None for all."""
        zero = np.zeros(len(self.peak))
        targets = Targets(np.array([self.pose, zero, 5 * self.peak, 0.05 * self.peak, zero]))
        for _ in range(ticks):
            frames = self.family.command(targets, self.seen)
            self.send(frames if joints is None else frames.rows(joints))
            self.tick()

    def inject(self, name: str, target: str = "", severity: float = 0.0, duration: float = 0.0):
        return self.stager.inject(FaultRequest(name, target, severity, duration))

    def height(self) -> float:
        return float(self.simulator.body.ground_truth().position[2])


@pytest.fixture(scope="module")
def shared(robot) -> Host:
    return Host(robot)


@pytest.fixture
def host(shared) -> Host:
    """A robot with Damiao drives, as at first."""
    return shared.restart()


def held_by_the_plain_driver(robot, ticks: int) -> MujocoDriver:
    """The same body and posture without buses, as the driver `mujoco` holds it."""
    driver = MujocoDriver(DriverSetup(robot, options=OPTIONS))
    driver.connect()
    peak = robot.limits.effort
    zero = np.zeros(len(peak))
    command = JointCommand(0, robot.poses["stand"], zero, zero, 5 * peak, 0.05 * peak)
    for _ in range(ticks):
        driver.write(command)
        driver.advance()
    return driver


def test_a_body_whose_drives_got_no_order_falls_limp(robot, host):
    start = host.height()
    host.hold(5)
    for _ in range(120):
        host.tick()
    assert host.height() < start - 0.04
    assert host.seen.effort == pytest.approx(0.0, abs=0.2)
    assert not host.family.enabled(host.seen).any()


@pytest.mark.parametrize("family", ["damiao", "robstride", "moteus"])
def test_a_posture_held_through_frames_is_that_of_the_body_without_buses(robot, family):
    host = Host(robot, family)
    host.enable()
    host.hold(60)
    plain = held_by_the_plain_driver(robot, 61)
    state = plain.read(0.0)
    assert host.family.enabled(host.seen).all()
    assert host.height() == pytest.approx(plain.ground_truth().position[2], abs=2e-3)
    assert host.seen.position == pytest.approx(state.position, abs=5e-3)
    assert (host.seen.replies >= 60).all()
    assert all(row["lost_by_drives"] == 0 for row in host.simulator.counts().values())


def test_a_drive_whose_watchdog_ran_out_is_cut_alone(robot, host):
    for drive in host.simulator.drives:
        drive.firmware._set(watchdog_s=0.02)
    host.enable()
    host.hold(10)
    knee = robot.joint_names.index("l_knee")
    host.hold(30, np.delete(np.arange(40), knee))
    on = [drive.firmware.is_on for drive in host.simulator.drives]
    assert on == [joint != "l_knee" for joint in robot.joint_names]
    host.hold(1)
    assert host.family.fault_names(int(host.seen.fault[knee])) == (
        "no command within the watchdog's time",
    )


def test_a_silent_host_leaves_the_body_limp(robot, host):
    for drive in host.simulator.drives:
        drive.firmware._set(watchdog_s=0.02)
    host.enable()
    host.hold(10)
    for _ in range(15):
        host.tick()
    assert not any(drive.firmware.is_on for drive in host.simulator.drives)


def test_two_runs_of_one_seed_are_the_same_bit_for_bit_and_another_seed_is_not(robot):
    ends = []
    for seed in (3, 3, 4):
        host = Host(robot, seed=seed, **{"noise.scale": 1.0})
        host.inject("wire.loss", severity=0.1)
        host.inject("wire.noise", severity=0.05)
        host.enable()
        host.hold(10)
        ends.append((host.seen.position.tobytes(), str(host.simulator.counts())))
    assert ends[0] == ends[1] != ends[2]


def test_a_mean_of_the_imu_over_a_tick_is_as_noisy_as_asked(robot):
    host = Host(robot, **{"noise.scale": 1.0, "start_pose": "sit", "settle_s": 1.0})
    turns = [host.simulator.advance().angular_velocity for _ in range(80)]
    assert np.std(np.diff(turns, axis=0)) / 2**0.5 == pytest.approx(0.003, rel=0.2)


def fail(host: Host, name: str, target: str, **fault) -> None:
    """Hold the posture, and go on for 12 ms with a fault."""
    host.enable()
    host.hold(2)
    host.inject(name, target, **fault)
    host.hold(6)


def test_a_cut_bus_silences_its_drives_and_no_others(robot, host):
    fail(host, "wire.cut", "can1")
    before = host.seen.replies.copy()
    host.hold(5)
    silent = host.seen.replies == before
    assert silent.tolist() == [drive.bus == "can1" for drive in host.simulator.drives]
    host.inject("none")
    host.hold(10)  # stale commands go first: theirs are the lesser identifiers
    assert (host.seen.replies > before).all()


def test_a_host_in_bus_off_says_so_and_sends_again_after_a_restart(robot, host):
    fail(host, "wire.bus_off", "can0", duration=0.01)
    before = host.seen.replies[:8].copy()
    host.hold(6)
    assert (host.seen.replies[:8] > before).all()


def test_a_drive_that_boots_is_off_and_silent_until_it_has(robot, host):
    fail(host, "servo.reboot", "l_knee", severity=0.004)
    knee = robot.joint_names.index("l_knee")
    assert not host.family.enabled(host.seen)[knee]
    assert host.family.enabled(host.seen).sum() == 39


def test_swapped_identifiers_move_each_others_joints(robot, host):
    host.inject("servo.swap_id", "l_knee")
    first = host.simulator.drive("l_knee").firmware.spec.drive_id
    assert (first, host.simulator.drive("l_ankle_pitch").firmware.spec.drive_id) == (5, 4)
    host.inject("none")
    assert host.simulator.drive("l_knee").firmware.spec.drive_id == 4


def test_a_wrong_scale_shows_in_the_registers(robot, host):
    right = host.simulator.drive("l_knee").firmware.spec.model.effort
    host.inject("servo.scale", "l_knee", severity=3.0, duration=0.01)
    assert host.simulator.drive("l_knee").firmware.spec.model.effort == 3.0 * right
    host.hold(6)
    assert host.simulator.drive("l_knee").firmware.spec.model.effort == right


def test_a_hot_drive_trips_and_says_why(robot, host):
    fail(host, "servo.hot", "l_knee")
    knee = robot.joint_names.index("l_knee")
    assert host.family.fault_names(int(host.seen.fault[knee])) == ("motor too hot",)
    assert host.seen.motor_temperature[knee] > 100


def test_a_lost_encoder_trips_its_drive_which_repeats_its_last_angle(robot, host):
    fail(host, "encoder.off", "l_knee")
    knee = robot.joint_names.index("l_knee")
    assert not host.family.enabled(host.seen)[knee]
    assert np.isfinite(host.seen.position[knee])


def test_warm_windings_cool_and_a_peak_heats_them_to_their_trip_within_12_s(robot):
    from talus_drive_simulator.heat import HOT_C, Windings

    windings = Windings(np.array([90.0, 90.0]))
    for _ in range(1200):
        windings.warm(np.array([90.0, 30.0]), 0.01)
    assert windings.temperature[0] > HOT_C > windings.temperature[1]


@pytest.mark.parametrize("name", BUS_FAULTS)
def test_every_fault_begins_and_ends_and_the_robot_goes_on(host, name):
    injection = host.inject(name, "can0" if name.startswith("wire.") else "l_index")
    host.hold(1)
    assert injection.active and [item.name for item in host.stager.active] == [name]
    host.inject("none")
    assert host.stager.active == ()
    host.hold(1)


@pytest.mark.parametrize(
    "name, target, severity, named",
    [
        ("wire.los", "", 0.0, "wire.loss"),
        ("wire.loss", "can9", 0.0, "can0"),
        ("servo.mute", "l_kne", 0.0, "l_knee"),
        ("wire.loss", "", 2.0, "from 0 to 1"),
    ],
)
def test_a_fault_that_cannot_be_is_named(host, name, target, severity, named):
    with pytest.raises((UnknownNameError, ValueError), match=named):
        host.inject(name, target, severity)
    assert host.stager.active == ()


def test_reset_puts_all_back_and_time_goes_on(host):
    host.enable()
    host.hold(1)
    time = host.simulator.time
    host.simulator.reset()
    assert host.simulator.time == time > 0
    assert not any(drive.firmware.is_on for drive in host.simulator.drives)
    assert host.height() > 0.8
