# SPDX-License-Identifier: Apache-2.0
"""Builds the bodies that are compared: MuJoCo's own driver, Gazebo, drives of each family."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from talus_core.driver import DriverSetup
from talus_core.robot import RobotDescription
from talus_drive_simulator.planning import FAMILY_PLANS
from talus_drive_simulator.stage.driver import SimulatedCanDriver
from talus_drive_simulator.stage.plugin import create_simulated
from talus_gazebo.driver import GazeboDriver
from talus_simulation.mujoco_body.driver import MujocoDriver

from talus_lab.rig.bounds import TICK_S
from talus_lab.rig.rig import RigBody

MUJOCO = "mujoco"
GAZEBO = "gazebo"
DRIVE_FAMILIES = tuple(FAMILY_PLANS)


def body_maker(body: str) -> Callable[[DriverSetup], RigBody]:
    """Return what builds the body of a name: `mujoco`, `gazebo`, or a drive family."""
    if body == MUJOCO:
        return MujocoDriver
    if body == GAZEBO:
        return GazeboDriver
    return lambda setup: can_body(setup, body)


def can_body(setup: DriverSetup, family: str) -> SimulatedCanDriver:
    """Return the driver `can` with simulated drives of a family."""
    return create_simulated(replace(setup, options={**setup.options, "family": family}))


def setup_of(robot: RobotDescription, seed: int) -> DriverSetup:
    """Return what every body of a bench is built with."""
    return DriverSetup(robot, period=TICK_S, seed=seed)
