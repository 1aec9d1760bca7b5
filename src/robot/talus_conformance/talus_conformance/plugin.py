# SPDX-License-Identifier: Apache-2.0
"""Gives pytest the options and fixtures of the suite: a driver by name, file or import path."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from talus_core.errors import TalusError
from talus_core.robot import RobotDescription, load_robot

from talus_conformance.trial import DriverTrial, build_driver

DEFAULT_SEED = 3


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of the kit."""
    group = parser.getgroup("talus", "conformance of a Talus driver")
    group.addoption(
        "--talus-driver",
        action="append",
        default=[],
        metavar="DRIVER",
        help="name of an installed driver, YAML file that names one, or module:factory; repeatable",
    )
    group.addoption(
        "--talus-robot", default="", metavar="FOLDER", help="robot that the driver drives"
    )
    group.addoption(
        "--talus-may-move",
        action="store_true",
        help="a real body may be moved: it hangs free, and somebody has a hand on the stop",
    )
    group.addoption(
        "--talus-seed", type=int, default=DEFAULT_SEED, metavar="N", help="of a simulated body"
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run each fact on each driver that was named."""
    if "driver_trial" in metafunc.fixturenames:
        names = metafunc.config.getoption("--talus-driver")
        metafunc.parametrize(
            "driver_trial", names, indirect=True, ids=[Path(name).stem for name in names]
        )


@pytest.fixture(scope="session")
def robot_driven(request: pytest.FixtureRequest) -> RobotDescription:
    """The robot whose driver is tried."""
    try:
        return load_robot(request.config.getoption("--talus-robot"))
    except TalusError as error:
        raise pytest.UsageError(f"--talus-robot: {error}") from error


@pytest.fixture
def driver_trial(
    request: pytest.FixtureRequest, robot_driven: RobotDescription
) -> Iterator[DriverTrial]:
    """A driver that is not connected yet; closed at the end."""
    seed = request.config.getoption("--talus-seed")
    may_move = request.config.getoption("--talus-may-move")

    def build() -> DriverTrial:
        driver = build_driver(request.param, robot_driven, seed)
        return DriverTrial(driver, robot_driven, may_move, build)

    one = build()
    yield one
    one.driver.close()
