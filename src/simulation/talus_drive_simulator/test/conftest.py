# SPDX-License-Identifier: Apache-2.0
"""The robot that every test of this package uses."""

from pathlib import Path

import pytest
from talus_core.robot import RobotDescription, load_robot

ROBOT = Path(__file__).parents[4] / "urdf" / "talus40"


@pytest.fixture(scope="session")
def robot() -> RobotDescription:
    return load_robot(ROBOT)
