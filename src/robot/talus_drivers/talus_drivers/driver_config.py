# SPDX-License-Identifier: Apache-2.0
"""Hold the parameters of the driver node; load the robot and the driver that they name."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from talus_core.driver import Driver, DriverSetup
from talus_core.parameters import parameter, section
from talus_core.robot import RobotDescription, RobotDescriptionError, load_robot
from talus_safety.kernel.limits import GateConfig

from talus_drivers.lockstep.lockstep import LockStepConfig
from talus_drivers.lockstep.pace import FAST_PACE, REAL_TIME_PACE
from talus_drivers.registry import find_driver

DRIVER_TRACE_SLOTS = 2048  # 1.5 s of everything in real time, 5 MB


@dataclass(frozen=True)
class DriverNodeConfig:
    """Name the body, its world and its gate: the parameters of the driver node."""

    robot: str = parameter("", "Folder of the robot: URDF, MJCF and robot.yaml.")
    limits: str = parameter("", "File of limits, with its manifest beside it.")
    driver: str = parameter(
        "mujoco", "Name of a driver, or a YAML file that names one and its options."
    )
    driver_folder: str = parameter(
        "", "Where the YAML files of drivers known by name are; empty: plug-in defaults."
    )
    world: str = parameter("flat", "World to simulate: a name, or an MJCF file.")
    worlds: str = parameter(
        "", "Folder of the worlds that have names; empty: worlds beside the robot's folder."
    )
    seed: int = parameter(0, "Of the sensor noise and of model errors.", low=0, high=2**31 - 1)
    control_rate_hz: float = parameter(
        500.0, "Ticks per s: 500, or 250 on a slow computer.", low=50.0, high=1000.0
    )
    pace: str = parameter(
        REAL_TIME_PACE, "Simulated time against the wall's.", choices=(REAL_TIME_PACE, FAST_PACE)
    )
    lockstep: bool = parameter(
        True, "Simulated time waits for the balance node; false: free-running, as hardware does."
    )
    nodes: str = parameter(
        "", "YAML file of further nodes beside the node table of talus_core; empty: none."
    )
    authenticated: bool = parameter(
        True,
        "Obey only what a process of this start sealed with its key; false: obey whoever speaks.",
    )
    step: LockStepConfig = section(LockStepConfig)
    gate: GateConfig = section(GateConfig)


def trace_room(joints: int) -> int:
    """Return the bytes of the longest traced message.

    An IMU's with its covariances has 512, a command's five numbers a joint.
    """
    return 512 + 5 * 8 * joints


def load_body(config: DriverNodeConfig) -> tuple[RobotDescription, Driver]:
    """Return the robot and its driver.

    Raises RobotDescriptionError, DriverError, UnknownNameError, ParameterError.
    """
    if not config.robot:
        raise RobotDescriptionError(
            "parameter 'robot' is empty; it must be the folder of a robot, with its robot.yaml"
        )
    description = load_robot(Path(config.robot))
    setup = DriverSetup(
        description,
        1.0 / config.control_rate_hz,
        config.world,
        config.seed,
        worlds=config.worlds,
    )
    return description, find_driver(config.driver, config.driver_folder, setup)
