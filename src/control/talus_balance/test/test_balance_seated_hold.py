# SPDX-License-Identifier: Apache-2.0
"""Checks which robots are let down onto stops, and which must be balanced until the cut."""

from dataclasses import replace

import numpy as np
import pytest
from standing_robot import ROBOT, state_at_rest
from talus_balance.drives.drive_targets import DriveConfig
from talus_balance.drives.seated_hold import LETTING_DOWN_TIME_S, SeatedHold
from talus_core.robot import RobotDescription

DT = 0.01  # s
WITH_BRAKES = replace(
    ROBOT, limits=replace(ROBOT.limits, holding_brake=np.ones(len(ROBOT.joint_names)))
)


def sits_down(robot: RobotDescription) -> SeatedHold:
    hold = SeatedHold(DriveConfig(), robot, DT)
    hold.begin_loaded(state_at_rest())
    return hold


def test_a_robot_with_a_seat_of_stops_is_let_down_onto_them():
    hold = sits_down(ROBOT)
    assert not hold.needs_balance
    for _ in range(round(LETTING_DOWN_TIME_S / DT)):
        assert hold.is_let_down
        hold.command(state_at_rest())
    assert not hold.is_let_down
    hold.begin_at_rest(state_at_rest())
    assert not hold.needs_balance
    assert not hold.is_let_down


@pytest.mark.parametrize("robot", [WITH_BRAKES, replace(ROBOT, keeps_torque=True)])
def test_a_robot_in_a_crouch_is_balanced_whenever_it_sits_with_torque(robot):
    hold = sits_down(robot)
    assert hold.needs_balance
    assert not hold.is_let_down, "others shall be told that it is seated"
    hold.begin_at_rest(state_at_rest())
    assert hold.needs_balance, "its brakes open when torque comes, and a hold would sag"
