# SPDX-License-Identifier: Apache-2.0
"""Finds the robot for the tests of this package."""

from pathlib import Path

import pytest
from talus_core.robot import RobotDescription, load_robot

ROOT = Path(__file__).resolve().parents[4]


@pytest.fixture(scope="session")
def robot() -> RobotDescription:
    """The robot talus40."""
    return load_robot(ROOT / "urdf" / "talus40")
