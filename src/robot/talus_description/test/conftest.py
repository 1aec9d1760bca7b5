# SPDX-License-Identifier: Apache-2.0
"""Shares the robot folder and its models among the tests of talus_description."""

from pathlib import Path

import mujoco
import pinocchio
import pytest
import yaml
from talus_core.robot import load_robot
from talus_description.formats.urdf_reader import read_urdf
from talus_description.scene import load_scene

URDF = Path(__file__).resolve().parents[4] / "urdf"


@pytest.fixture(scope="session")
def folder():
    return URDF / "talus40"


@pytest.fixture(scope="session")
def worlds():
    return URDF / "worlds"


@pytest.fixture(scope="session")
def robot(folder):
    return load_robot(folder)


@pytest.fixture(scope="session")
def facts(folder):
    """Return the contents of robot.yaml."""
    return yaml.safe_load((folder / "robot.yaml").read_text())


@pytest.fixture(scope="session")
def body(folder):
    """Return the contents of talus40.yaml."""
    return yaml.safe_load((folder / "talus40.yaml").read_text())


@pytest.fixture(scope="session")
def urdf(robot):
    return read_urdf(robot.urdf)


@pytest.fixture(scope="session")
def pin_model(robot):
    return pinocchio.buildModelFromUrdf(str(robot.urdf), pinocchio.JointModelFreeFlyer())


@pytest.fixture
def scene(folder) -> mujoco.MjModel:
    """Return the robot on the flat floor; a fresh model, since tests change it."""
    return load_scene(folder, "flat")
