# SPDX-License-Identifier: Apache-2.0
"""Holds a driver on trial: builds it, lets periods pass, and makes commands for it."""

from __future__ import annotations

import importlib
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
from talus_core.driver import Driver, DriverError, DriverSetup, Simulated
from talus_core.robot import RobotDescription
from talus_core.state import JointCommand, RobotState
from talus_drivers.registry import find_driver

# Of a real body, between two states, in its own periods: one may be lost on the bus, and the
# computer may be busy. What it takes at most to be late is for the stack to judge.
PATIENCE_PERIODS = 500
SOFT_PER_EFFORT = (0.1, 0.002)  # of kp, 1/rad, and kd, s/rad, times the torque limit: gives way
FIRM_PER_EFFORT = (5.0, 0.05)
SMALL_MOVE_RAD = 0.3
SETTLE_S = 0.6


def build_driver(name: str, robot: RobotDescription, seed: int) -> Driver:
    """Return the driver of a name, a YAML file or an import path `module:factory`.

    Raises TalusError.
    """
    setup = DriverSetup(robot, seed=seed)
    module, colon, factory = name.partition(":")
    if not colon:
        return find_driver(name, "", setup)
    try:
        made: Driver = getattr(importlib.import_module(module), factory)(setup)
    except (ImportError, AttributeError) as error:
        raise DriverError(f"driver '{name}' cannot be imported: {error}") from error
    return made


@dataclass
class DriverTrial:
    """Is a driver, the robot that it drives, and what may be done to it.

    Attributes:
        driver: The driver on trial.
        robot: Its robot.
        may_move: A real body may be moved.
        again: Builds another trial with a new driver of the same kind.
    """

    driver: Driver
    robot: RobotDescription
    may_move: bool
    again: Callable[[], DriverTrial]

    @property
    def size(self) -> int:
        """Number of joints."""
        return len(self.robot.joint_names)

    @property
    def weight_kg(self) -> float:
        """Mass of the robot by its URDF."""
        masses = ElementTree.parse(self.robot.urdf).getroot().iter("mass")
        return sum(float(mass.get("value", "0")) for mass in masses)

    @property
    def moved_joint(self) -> int:
        """Place of the joint that is moved: the last but two of the left arm, or of all."""
        names = self.robot.groups.get("left_arm", self.robot.joint_names)
        return self.robot.joint_names.index(names[len(names) // 2])

    def connect(self) -> RobotState:
        """Connect, and return the first state."""
        self.driver.connect()
        return self.read()

    def read(self) -> RobotState:
        """Return the newest state."""
        return self.driver.read(self.now)

    @property
    def now(self) -> float:
        """Time for `read`, s: simulated, or the steady clock's."""
        driver = self.driver
        return driver.time if isinstance(driver, Simulated) else time.monotonic()

    def let_pass(self, periods: int = 1) -> RobotState:
        """Let periods of control pass, and return the state after them.

        A simulated body is advanced, and read in each, as the driver's loop does: a driver on a bus
        tells a drive again that missed an order. Of a real one, states are read until so many have
        come.
        """
        driver = self.driver
        state = self.read()
        if isinstance(driver, Simulated):
            for _ in range(periods):
                driver.advance()
                state = self.read()
            return state
        for _ in range(periods):
            state = self._next(state)
        return state

    def _next(self, last: RobotState) -> RobotState:
        for _ in range(PATIENCE_PERIODS):
            state = self.read()
            if state.sequence > last.sequence:
                return state
            time.sleep(0.1 * self.driver.period)
        pytest.fail(f"no state after number {last.sequence} in {PATIENCE_PERIODS} periods")

    def hold(self, state: RobotState, gains: tuple[float, float] = SOFT_PER_EFFORT) -> JointCommand:
        """Return a command that holds the posture of a state."""
        zero = np.zeros(self.size)
        effort = self.robot.limits.effort
        return JointCommand(
            state.sequence, state.position.copy(), zero, zero, gains[0] * effort, gains[1] * effort
        )

    def must_move(self) -> None:
        """Skip a fact that needs motion, where a real body may not be moved."""
        if not (self.may_move or isinstance(self.driver, Simulated)):
            pytest.skip("it would move a real body: --may-move")

    def must_be(self, capability: type) -> None:
        """Skip a fact about something that a driver need not offer."""
        if not isinstance(self.driver, capability):
            pytest.skip(f"it offers no {capability.__name__}")
