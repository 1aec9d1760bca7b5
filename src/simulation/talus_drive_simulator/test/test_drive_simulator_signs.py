# SPDX-License-Identifier: Apache-2.0
"""Legs that are not wired as the configuration says are refused before anybody asks for torque."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from talus_can.driver import CanDriver
from talus_can.fleet.roll_call import DriveSetupMismatchError
from talus_core.driver import DriverSetup
from talus_core.parameters import flatten
from talus_core.robot import RobotDescription
from talus_drive_simulator.planning import plan_wiring
from talus_drive_simulator.stage.buses import PairedBus, StageBus, StageClock, StageSensors
from talus_drive_simulator.stage.launch import LaunchedStage

pytestmark = pytest.mark.sim

Rows = dict[str, dict[str, Any]]


class WiredRobot:
    """A robot whose drives are wired by a plan, and a driver that is told `told` of it."""

    def __init__(
        self,
        robot: RobotDescription,
        family: str,
        misread: Callable[[Rows], None],
        **settings: object,
    ):
        setup = DriverSetup(robot, seed=1)
        plan = plan_wiring(robot, family, 500.0)
        told = copy.deepcopy(plan)
        misread(told["drives"])
        self.stage = LaunchedStage(setup, plan, {})
        client = self.stage.client
        self.driver = CanDriver(
            replace(setup, options={**flatten(told), **settings}),
            make_bus=lambda name, row: StageBus(
                PairedBus(name, lambda: self.stage.wire(name)), client
            ),
            clock=StageClock(client),
            sensors=StageSensors(client),
        )

    def connect(self) -> None:
        self.driver.connect()

    def refuses(self, said: str) -> bool:
        """Return whether `connect` refuses the robot with these words."""
        with pytest.raises(DriveSetupMismatchError, match=said):
            self.driver.connect()
        return True

    def __enter__(self) -> WiredRobot:
        self.stage.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.driver.close()
        self.stage.end()


def nothing(rows: Rows) -> None:
    """Tell the driver the truth."""


def test_a_robot_that_is_wired_as_it_is_told_is_tried_and_without_torque_afterwards(robot):
    with WiredRobot(robot, "damiao", nothing) as wired:
        wired.connect()
        assert not wired.driver.remarks
        assert not wired.driver.read(0.0).torque_enabled
        assert wired.stage.client.time < 1.0


def test_legs_that_are_swapped_in_the_file_are_refused(robot):
    def swap(rows: Rows) -> None:
        for left, right in zip(robot.groups["left_leg"], robot.groups["right_leg"], strict=True):
            rows[left], rows[right] = rows[right], rows[left]

    with WiredRobot(robot, "damiao", swap) as wired:
        assert wired.refuses(r"l_knee.*id 2 on bus can1.*its leg")


def test_a_gear_that_is_twice_as_strong_is_refused(robot):
    with WiredRobot(robot, "damiao", lambda rows: rows["l_hip_roll"].update(gear=2.0)) as wired:
        assert wired.refuses("l_hip_roll.*r_hip_roll.*another motor")


@pytest.mark.parametrize(
    "family, fault, said",
    [
        ("damiao", "servo.reverse", r"l_hip_yaw.*id 1 on bus can0.*its sign"),
        ("cubemars_mit", "servo.swap_id", r"l_hip_yaw.*its id is another's"),
    ],
)
def test_what_no_register_tells_is_found_by_the_feet(robot, family, fault, said):
    """A drive that is mounted the other way; two drives that tell nothing of their settings."""
    with WiredRobot(robot, family, nothing) as wired:
        wired.stage.client.inject_fault(fault, "l_hip_yaw")
        assert wired.refuses(said)


def test_it_is_said_why_legs_were_not_tried(robot):
    with WiredRobot(robot, "damiao", nothing) as wired:
        wired.stage.client.push(
            "torso", np.array([0.0, 0.0, 400.0]), 1.0
        )  # as a crane would hold it
        wired.connect()
        assert any("feet bear" in remark for remark in wired.driver.remarks)


def test_it_is_said_that_nobody_wants_legs_tried(robot):
    with WiredRobot(robot, "damiao", nothing, sign_check=False) as wired:
        wired.stage.client.inject_fault("servo.reverse", "l_hip_yaw")
        wired.connect()
        assert any("sign_check is false" in remark for remark in wired.driver.remarks)
