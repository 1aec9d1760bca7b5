# SPDX-License-Identifier: Apache-2.0
"""Checks which crouch a robot rests in: order of preference, stops, and what brakes must carry."""

from dataclasses import replace

import numpy as np
import pytest
from talus_description.adoption.rest_search import (
    EASY_LOAD,
    HELD_LOAD,
    LEAST_BRAKE_NM,
    Crouch,
    by_preference,
    loads_without_power,
    of_least_torque,
)
from talus_description.crouch import SIT_KNEE_RAD
from talus_description.rest_path import Statics


def crouch(knee: float, load: float, effort: float = 0.5) -> Crouch:
    return Crouch(np.zeros(3), knee, load, "knee", effort, ())


def test_of_crouches_that_brakes_hold_with_ease_the_deepest_is_taken():
    high = crouch(1.1, 0.1)
    deep = crouch(1.4, EASY_LOAD)
    heavy = crouch(1.5, EASY_LOAD + 0.1)
    light = crouch(1.2, EASY_LOAD + 0.05)
    on_stops = crouch(SIT_KNEE_RAD + 0.5, 0.0)
    dropped = crouch(1.5, HELD_LOAD + 0.01)
    order = [deep, high, light, heavy, on_stops]
    assert by_preference([dropped, on_stops, heavy, light, high, deep]) == order
    assert by_preference([dropped]) == []


def test_without_a_rest_the_crouch_of_least_torque_comes_first():
    weak, strong = crouch(1.5, 2.0, 0.8), crouch(1.1, 3.0, 0.4)
    assert of_least_torque([weak, strong]) == [strong, weak]


def test_stops_carry_talus40_where_it_sits_and_nothing_does_where_it_stands(robot):
    statics = Statics(robot)
    hold = np.maximum(robot.limits.holding_brake, LEAST_BRAKE_NM)
    knee = robot.legs[0].knee
    load, on_stop = loads_without_power(robot, statics, robot.poses["sit"], hold)
    assert on_stop[knee] and load[knee] == 0.0
    load, on_stop = loads_without_power(robot, statics, robot.poses["stand"], hold)
    assert not on_stop[knee] and load[knee] > 1e3


def test_a_stop_that_throws_the_body_over_its_toes_holds_nothing(robot):
    statics = Statics(robot)
    hold = np.maximum(robot.limits.holding_brake, LEAST_BRAKE_NM)
    short = tuple(replace(foot, length=0.06) for foot in robot.feet)
    load, on_stop = loads_without_power(
        replace(robot, feet=short), statics, robot.poses["sit"], hold
    )
    assert not on_stop.any() and load.max() > 1e3


@pytest.mark.parametrize("factor", [1.0, 2.0])
def test_a_stronger_brake_carries_the_same_torque_by_less(robot, factor):
    statics = Statics(robot)
    hold = np.full(len(robot.joint_names), 100.0)
    load, _ = loads_without_power(robot, statics, robot.poses["stand"], factor * hold)
    row = np.abs(statics.row(robot.poses["stand"]).torque).max()
    assert load.max() == pytest.approx(row / 100.0 / factor)
