# SPDX-License-Identifier: Apache-2.0
"""Runs the robot in a real Gazebo, where that is installed: an outing, as in MuJoCo."""

from __future__ import annotations

import pytest
from sources import ROOT
from talus_core.driver import DriverSetup
from talus_core.robot import load_robot
from talus_gazebo.driver import GazeboDriver
from talus_gazebo.gz_calls import GazeboMissingError, find_gazebo
from talus_lab.rig.bounds import TICK_S
from talus_lab.rig.outing import Outing, OutingReport, play_outing
from talus_lab.rig.rig import BodyRig
from talus_simulation.mujoco_body.driver import MujocoDriver

# Between two bodies of one robot: what issue D asks of mujoco and gazebo.
SPEED_SHARE = 0.05
STEP_SHARE = 0.05
HEIGHT_M = 0.01

try:
    find_gazebo()
    MISSING = ""
except GazeboMissingError as error:
    MISSING = str(error)

pytestmark = [pytest.mark.sim, pytest.mark.skipif(bool(MISSING), reason=MISSING)]


def outing(driver) -> OutingReport:
    """Stand, walk 3 m at 0.4 m/s, a shove of 20 N s, sit."""
    robot = load_robot(ROOT / "urdf" / "talus40")
    body = driver(DriverSetup(robot, TICK_S))
    try:
        return play_outing(BodyRig(robot, body), Outing())
    finally:
        body.close()


@pytest.fixture(scope="module")
def in_gazebo() -> OutingReport:
    """An outing in Gazebo."""
    return outing(GazeboDriver)


def test_the_robot_stands_walks_takes_a_shove_and_sits(in_gazebo):
    assert in_gazebo.succeeded, in_gazebo


def test_it_walks_as_in_mujoco(in_gazebo):
    in_mujoco = outing(MujocoDriver)
    assert in_gazebo.speed == pytest.approx(in_mujoco.speed, rel=SPEED_SHARE)
    assert in_gazebo.step_length == pytest.approx(in_mujoco.step_length, rel=STEP_SHARE)
    assert in_gazebo.height == pytest.approx(in_mujoco.height, abs=HEIGHT_M)
