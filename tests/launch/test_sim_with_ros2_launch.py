# SPDX-License-Identifier: Apache-2.0
"""Runs `sim.launch.xml` through the real launch; collected only where launch_pytest is there."""

from __future__ import annotations

import launch_pytest
import pytest
import sim_assertions
from ament_index_python.packages import get_package_share_directory
from launch.actions import IncludeLaunchDescription, RegisterEventHandler
from launch.event_handlers import OnProcessExit
from launch.launch_description_sources import AnyLaunchDescriptionSource
from launch_pytest.actions import ReadyToTest

import launch

FILE = f"{get_package_share_directory('talus_bringup')}/launch/sim.launch.xml"
CODES: dict[str, int] = {}


def _note_exit(event, _context) -> None:
    CODES[
        event.process_name.rsplit("-", 1)[0].removesuffix("_node").replace("supervisor", "safety")
    ] = event.returncode


@launch_pytest.fixture(scope="module")
def description() -> launch.LaunchDescription:
    source = AnyLaunchDescriptionSource(FILE)
    return launch.LaunchDescription(
        [
            RegisterEventHandler(OnProcessExit(on_exit=_note_exit)),
            IncludeLaunchDescription(source, launch_arguments=sim_assertions.ARGUMENTS.items()),
            ReadyToTest(),
        ]
    )


@pytest.fixture
def node():
    with sim_assertions.observer() as made:
        yield made


@pytest.mark.launch(fixture=description)
@pytest.mark.parametrize("check", sim_assertions.ALL, ids=lambda check: check.__name__)
def test_while_it_runs(description, node, check):
    check(node)


@pytest.mark.launch(fixture=description, shutdown=True)
def test_exit(description):
    sim_assertions.assert_clean_exit(CODES)
