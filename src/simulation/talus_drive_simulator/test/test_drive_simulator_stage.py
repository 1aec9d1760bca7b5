# SPDX-License-Identifier: Apache-2.0
"""The driver `can` is simulated where its stage says so, and its simulator ends with it."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from talus_can.config import CanConfigError
from talus_can.plugin import create_driver
from talus_core.driver import DriverError, DriverSetup, Simulated
from talus_core.errors import TalusError, UnknownNameError
from talus_core.parameters import flatten
from talus_drive_simulator.planning import plan_wiring
from talus_drive_simulator.stage.plugin import create_simulated
from talus_simulation.faults.catalogue import FaultRequest

pytestmark = pytest.mark.sim

BODY = {"body.settle_s": 0.1, "body.noise.scale": 0.0}
PATIENCE_S = 300


@pytest.fixture
def setup(robot) -> DriverSetup:
    return DriverSetup(robot, options=dict(BODY))


def test_without_a_stage_the_buses_are_real_and_the_driver_is_not_simulated(robot):
    wiring = flatten(plan_wiring(robot, "damiao", 500.0))
    driver = create_driver(DriverSetup(robot, options=wiring))
    assert not isinstance(driver, Simulated)
    with pytest.raises(DriverError, match="bus can0"):
        driver.connect()
    with pytest.raises(CanConfigError, match="no bus"):
        create_driver(DriverSetup(robot))


def test_what_a_stage_cannot_use_is_refused_before_anything_starts(setup):
    with pytest.raises(UnknownNameError, match="stage 'simulatd'"):
        create_driver(replace(setup, options={"stage": "simulatd"}))
    for options, said in (
        ({"family": "damio"}, "damiao"),
        ({"body.nois.scale": 1.0}, r"nois\.scale"),
        ({"watchdogs": 1.0}, "watchdog_s"),
        ({"drives.l_knee.bus": "can0"}, "buses"),
    ):
        with pytest.raises(TalusError, match=said):
            create_simulated(replace(setup, options={**BODY, **options}))


def test_what_the_simulator_refuses_is_told_in_its_own_words(setup):
    driver = create_simulated(replace(setup, world="nowhere"))
    with pytest.raises(DriverError, match="nowhere") as caught:
        driver.connect()
    assert "\n" not in str(caught.value)


def test_it_is_simulated_from_connect_to_close_and_its_process_ends(setup):
    driver = create_simulated(setup)
    assert isinstance(driver, Simulated)
    driver.close()
    driver.connect()
    process = driver._runs._process
    for _ in range(3):
        driver.advance()
    state = driver.read(driver.time)
    assert (state.sequence, driver.time) == (3, pytest.approx(0.006))
    assert np.isfinite(state.position).all() and not state.torque_enabled
    fault = driver.faults.inject(FaultRequest("servo.mute", "l_knee", 0.0, 0.004))
    assert (fault.tick, fault.ends) == (3, 5)
    os.kill(process.pid, signal.SIGINT)  # Ctrl-C reaches the whole group: the robot is let down
    os.kill(process.pid, signal.SIGTERM)
    driver.reset()
    assert (driver.read(driver.time).sequence, driver.time) == (3, pytest.approx(0.006))
    driver.close()
    assert process.returncode == 0
    with pytest.raises(DriverError, match="before connect"):
        driver.advance()


def test_the_simulator_ends_when_its_parent_is_killed(robot):
    code = (
        "from pathlib import Path; from talus_core.driver import DriverSetup;"
        "from talus_core.robot import load_robot;"
        "from talus_drive_simulator.stage.plugin import create_simulated;"
        f"setup = DriverSetup(load_robot(Path({str(robot.folder)!r})), options={BODY!r});"
        "driver = create_simulated(setup); driver.connect();"
        "print(driver._runs._process.pid, flush=True); input()"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    child = os.pidfd_open(int(parent.stdout.readline()))
    parent.kill()
    parent.communicate()
    assert select.select([child], [], [], PATIENCE_S)[0]  # readable: the process has ended
    os.close(child)


def test_a_wrong_scale_is_refused_before_torque(setup):
    driver = create_simulated(setup)
    driver.prepare()
    driver.faults.inject(FaultRequest("servo.scale", "l_knee"))
    with pytest.raises(DriverError, match="joint 'l_knee': its drive has velocity range"):
        driver.connect()
