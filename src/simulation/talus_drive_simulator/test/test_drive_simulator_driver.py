# SPDX-License-Identifier: Apache-2.0
"""A driver whose buses are simulated offers simulated time, senses and faults on top of its own."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from typing import ClassVar

import numpy as np
import pytest
import yaml
from talus_can.bus.seam import BusHealth, BusState
from talus_can.frames import FrameBatch
from talus_core.driver import (
    Aged,
    Derating,
    Diagnosed,
    DriverError,
    DriverSetup,
    EnergyMetered,
    FaultStage,
    Posable,
    Simulated,
    SingleCut,
)
from talus_core.errors import UnknownNameError
from talus_core.state import RobotState
from talus_drive_simulator.simulator import DriveSimulator
from talus_drive_simulator.stage.buses import StageBus, StageClock, StageSensors
from talus_drive_simulator.stage.client import StageClient
from talus_drive_simulator.stage.driver import SimulatedCanDriver
from talus_drive_simulator.stage.server import listening_server
from talus_drive_simulator.wiring import wiring_of
from talus_simulation.faults.catalogue import FaultRequest

pytestmark = pytest.mark.sim

PERIOD_S = 0.002
WIRING = """
buses: {can0: {}}
drives: {l_knee: {bus: can0, id: 1, family: damiao, model: 10010L}}
"""


class PlainDriver:
    """Counts what it is asked for, as a driver of drives on buses."""

    period = PERIOD_S
    remarks = ("a remark",)
    complaints = ("a complaint",)
    diagnostics: ClassVar = {"bus_can0": "active"}

    def __init__(self, robot):
        self.joint_names = robot.joint_names
        self.torque_left = np.ones(len(robot.joint_names))
        self.ages = np.zeros(len(robot.joint_names))
        self.missed = np.zeros(len(robot.joint_names))
        self.asked: list[str] = []

    def connect(self) -> None:
        self.asked.append("connect")

    def read(self, now: float) -> RobotState:
        zero = np.zeros(len(self.joint_names))
        nothing = np.full(3, np.nan)
        feet = np.full((2, 6), np.nan)
        return RobotState(0, now, 0, zero, zero, zero, nothing, nothing, feet, False)

    def write(self, command):
        self.asked.append("write")
        return command

    def stop(self) -> None:
        self.asked.append("stop")

    def cut(self, joints: Sequence[int]) -> None:
        self.asked.append(f"cut {list(joints)}")

    def close(self) -> None:
        self.asked.append("close")

    def battery(self):
        raise AssertionError("the simulated pack is asked instead")


@pytest.fixture(scope="module")
def stage(robot, tmp_path_factory) -> Iterator[StageClient]:
    """The client of a simulator in a thread of this process."""
    folder = tmp_path_factory.mktemp("stage")
    wiring = wiring_of(yaml.safe_load(WIRING), robot.joint_names)
    options = {"settle_s": 0.0, "noise.scale": 0.0}
    simulator = DriveSimulator(DriverSetup(robot, period=PERIOD_S, options=options), wiring)
    with listening_server(simulator, folder) as server:
        thread = threading.Thread(target=server.serve)
        thread.start()
        client = StageClient.at(folder)
        yield client
        client.close()
        thread.join()
    with pytest.raises(DriverError, match="does not run"):
        client.advance()


class RunningStage:
    """A simulator that others start and end."""

    def __init__(self, client: StageClient):
        self.client = client

    def start(self) -> None:
        raise AssertionError("it runs already")

    def end(self) -> None:
        pass


@pytest.fixture
def driver(robot, stage) -> SimulatedCanDriver:
    made = SimulatedCanDriver(PlainDriver(robot), RunningStage(stage), robot)
    made.connect()
    return made


@pytest.mark.parametrize(
    "offer",
    [Simulated, SingleCut, Derating, EnergyMetered, FaultStage, Posable, Aged, Diagnosed],
)
def test_it_offers_what_the_drivers_can_and_mujoco_offer(driver, offer):
    assert isinstance(driver, offer)


def test_the_stage_tells_the_senses_that_no_bus_carries(driver, stage):
    driver.advance()
    sample = StageSensors(stage).read(0)
    assert np.isfinite(sample.angular_velocity).all() and np.isfinite(sample.foot_wrenches).all()
    assert sample.linear_acceleration.shape == (3,) and driver.read(1.0).time == 1.0
    assert driver.soles.shape == (2, 3) and driver.touching() is not None
    assert driver.battery().voltage > 50.0 and driver.energy_used > 0.0
    assert driver.qpos.shape[0] >= 47
    assert driver.ground_truth().position.shape == (3,)


def test_time_passes_by_advance_alone_and_goes_on_over_a_reset(driver):
    before = driver.time
    driver.read(0.0)
    assert driver.time == before
    driver.advance()
    assert driver.time == pytest.approx(before + PERIOD_S)
    driver.reset()
    assert driver.time == pytest.approx(before + PERIOD_S)


def test_what_the_buses_carry_is_the_drivers_own_business(robot, stage):
    plain = PlainDriver(robot)
    driver = SimulatedCanDriver(plain, RunningStage(stage), robot)
    driver.write(None)
    driver.cut([3])
    driver.stop()
    assert plain.asked == ["write", "cut [3]", "stop"]
    assert (driver.ages, driver.missed) == (plain.ages, plain.missed)
    assert (driver.complaints, driver.diagnostics) == (plain.complaints, plain.diagnostics)
    assert (driver.joint_names, driver.period) == (robot.joint_names, PERIOD_S)
    assert driver.torque_left is plain.torque_left and driver.remarks == plain.remarks


def test_pushes_and_friction_reach_the_body_or_are_refused_by_name(driver):
    driver.push("torso", np.array([0.0, 1.0, 0.0]), 0.01)
    driver.set_friction("floor", 0.8)
    with pytest.raises(ValueError, match="torsi"):
        driver.push("torsi", np.zeros(3), 0.1)
    with pytest.raises(ValueError, match="flor"):
        driver.set_friction("flor", 0.8)


@pytest.mark.parametrize("name", ["state.drop", "wire.loss", "drive.off", "servo.mute"])
def test_a_fault_is_told_when_it_begins_and_when_it_ends(driver, name):
    told = []
    driver.faults.log = lambda injection: told.append((injection.name, injection.active))
    target = "l_knee" if name in ("drive.off", "servo.mute") else ""
    driver.advance()
    driver.faults.inject(FaultRequest(name, target, 0.0, 3 * PERIOD_S))
    assert [item.name for item in driver.faults.active] == [name]
    for _ in range(5):
        driver.advance()
    assert told == [(name, True), (name, False)] and driver.faults.active == ()


def test_a_reset_ends_all_faults(driver):
    driver.faults.inject(FaultRequest("wire.loss"))
    driver.faults.inject(FaultRequest("state.drop"))
    driver.reset()
    assert driver.faults.active == ()
    driver.faults.inject(FaultRequest("wire.loss"))
    driver.faults.inject(FaultRequest("none"))
    assert driver.faults.active == ()


def test_a_fault_that_there_is_not_is_refused(driver):
    with pytest.raises((UnknownNameError, ValueError), match=r"wire\.loss"):
        driver.faults.inject(FaultRequest("wire.los"))


class QuietBus:
    """Is a bus on which the first frame comes at some simulated time."""

    name = "can0"
    state = BusState.ACTIVE
    health = BusHealth(BusState.ACTIVE)

    def __init__(self, stage: StageClient, frame_at: float):
        self._stage = stage
        self._frame_at = frame_at

    def open(self) -> None:
        pass

    def send(self, packed: np.ndarray) -> None:
        pass

    def receive(self) -> bytes:
        return b""

    def note_errors(self, frames: FrameBatch) -> None:
        pass

    def note_malformed(self) -> None:
        pass

    def wait(self, timeout: float) -> bool:
        assert timeout == 0.0  # never by a wall clock
        return self._stage.time >= self._frame_at

    def restart(self) -> None:
        pass

    def close(self) -> None:
        pass


def test_waiting_for_a_frame_lets_simulated_time_pass_until_it_comes_or_the_time_is_over(stage):
    clock = StageClock(stage)
    start = clock.now_ns
    now = stage.time
    assert StageBus(QuietBus(stage, now + 0.006), stage).wait(0.1)
    assert clock.now_ns - start == pytest.approx(6e6, abs=1)
    assert not StageBus(QuietBus(stage, now + 1.0), stage).wait(0.01)
    assert clock.now_ns - start == pytest.approx(16e6, abs=2e6)
