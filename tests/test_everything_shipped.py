# SPDX-License-Identifier: Apache-2.0
"""Everything that is shipped loads and does its first ticks: worlds, drivers, scenarios, robots.

The folders and the registry say what there is, so that a new world or scenario is tested too.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pytest
import yaml
from talus_core.driver import DriverError, DriverSetup, Simulated
from talus_core.robot import load_robot
from talus_core.words.falls import has_fallen
from talus_drivers.commands.gated_drives import GatedDrives
from talus_drivers.registry import driver_names, find_driver
from talus_gazebo.gz_calls import GazeboMissingError
from talus_lab.scenario.rig_stage import RigStage
from talus_lab.scenario.scenario import load_scenario
from talus_launch.packages import find_launch_file
from talus_launch.plan import InlineParameters
from talus_launch.reading.resolve import resolve
from talus_safety.gate import LastGate
from talus_simulation.mujoco_body.driver import MujocoDriver

ROOT = Path(__file__).parents[1]
ROBOTS = sorted(file.parent for file in (ROOT / "urdf").glob("*/robot.yaml"))
WORLDS = sorted((ROOT / "urdf" / "worlds").glob("*.xml"))
DRIVER_FILES = sorted((ROOT / "config" / "drivers").glob("*.yaml"))
SCENARIOS = sorted((ROOT / "scenarios").glob("*.yaml"))
TALUS40 = load_robot(ROOT / "urdf" / "talus40")
FIRST_TICKS = 50
SHORT = {"settle_s": 0.2}


def first_ticks(driver: Simulated, gate: LastGate) -> None:
    """Let the driver's loop pass without commands: nothing moves, and nothing is found wrong."""
    driver.connect()
    drives = GatedDrives(driver, gate, delay_ticks=1)
    for _ in range(FIRST_TICKS):
        state = driver.read(driver.time)
        drives.step_drives(state, driver.time)
        assert drives.decision is not None and drives.decision.reason == ""
        assert np.isfinite([*state.position, *state.linear_acceleration]).all()
        driver.advance()
    assert not has_fallen(1.0, driver.ground_truth().position[2], 0.0)


@pytest.mark.parametrize("world", WORLDS, ids=lambda file: file.stem)
def test_robot_sits_in_every_world(world):
    driver = MujocoDriver(DriverSetup(TALUS40, world=world.stem, options=SHORT))
    assert driver.remarks == ()
    first_ticks(driver, LastGate(TALUS40, driver.period))
    np.testing.assert_allclose(driver.soles[:, 2], 0.0, atol=0.01)


def test_worlds_are_found_by_name_for_a_robot_that_lies_elsewhere(tmp_path):
    home = shutil.copytree(ROOT / "urdf" / "talus40", tmp_path / "home" / "mine")
    robot = load_robot(home)
    with pytest.raises(DriverError, match="unknown world 'slope'; known: none"):
        MujocoDriver(DriverSetup(robot, world="slope", options=SHORT))
    arguments = {"robots": str(home.parent), "robot": "mine", "world": "slope"}
    file = find_launch_file("talus_bringup", "sim.launch.xml", os.environ)
    folders = [
        yaml.safe_load(part.yaml)["/**"]["ros__parameters"]["worlds"]
        for process in resolve(file, arguments, os.environ).processes
        for part in process.parameters
        if isinstance(part, InlineParameters) and '"worlds"' in part.yaml
    ]
    worlds, of_cameras = folders
    assert of_cameras == worlds
    MujocoDriver(DriverSetup(robot, world="slope", options=SHORT, worlds=worlds))


@pytest.mark.parametrize("folder", ROBOTS, ids=lambda folder: folder.name)
def test_every_robot_sits(folder):
    robot = load_robot(folder)
    driver = MujocoDriver(DriverSetup(robot, options=SHORT))
    first_ticks(driver, LastGate(robot, driver.period))


def test_every_driver_has_a_file():
    assert {file.stem for file in DRIVER_FILES} == set(driver_names())


@pytest.mark.parametrize("file", DRIVER_FILES, ids=lambda file: file.stem)
def test_every_driver_runs_behind_the_gate(file):
    try:
        driver = find_driver(str(file), "", DriverSetup(TALUS40))
    except GazeboMissingError as error:
        pytest.skip(str(error))
    assert isinstance(driver, Simulated)
    first_ticks(driver, LastGate(TALUS40, driver.period))
    driver.close()


@pytest.mark.parametrize("file", SCENARIOS, ids=lambda file: file.stem)
def test_events_of_every_scenario_can_happen(file):
    scenario = load_scenario(file)
    stage = RigStage(TALUS40, scenario.seed)
    stage.rig.lockstep = scenario.lockstep
    stage.advance()
    needs_graph = {event.kind for event in scenario.events} & {"clock"}
    for event in scenario.events:
        if event.kind not in needs_graph:
            assert stage.do(event) == stage.rig.sequence
        for _ in range(5):
            stage.advance()
    assert stage.look().tick == stage.rig.sequence - 1
