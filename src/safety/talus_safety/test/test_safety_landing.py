# SPDX-License-Identifier: Apache-2.0
"""The foot in the air goes under the capture point, in reach, and down until it meets ground."""

import copy
from dataclasses import replace

import numpy as np
import pytest
from safety_samples import PERIOD, ROBOT, WEIGHT, state
from talus_safety.kernel.measure.body import Body
from talus_safety.kernel.measure.body_scale import BodyScale
from talus_safety.kernel.measure.stance import StanceObserver
from talus_safety.kernel.measure.tilt import TiltFilter
from talus_safety.standby.landing import (
    LANDING_GAP_M,
    LANDING_HURRY_S,
    LANDING_OUTWARD_M,
    LANDING_PRESS_SPEED_MPS,
    LANDING_REACH_M,
    LANDING_SPREAD_M,
    LANDING_TIME_S,
    FootPlacing,
)

pytestmark = pytest.mark.sim

BODY = Body(ROBOT)
LEFT, RIGHT = 0, 1
# m sideways, at least and at most: talus40's soles are 11 cm wide and stand 18 cm apart
SIDE_RANGE_M = 0.11 + LANDING_GAP_M, 0.18 + LANDING_SPREAD_M


def stance_on(*feet: int, position=None, velocity=(0.0, 0.0)):
    wrenches = np.zeros((2, 6))
    wrenches[list(feet), 2] = WEIGHT
    now = state(foot_wrenches=wrenches, **({} if position is None else {"position": position}))
    return replace(StanceObserver(BODY).observe(now, TiltFilter()), velocity=np.array(velocity))


def raised(foot: int) -> np.ndarray:
    """Standing with one knee lifted."""
    position, side = ROBOT.poses["stand"].copy(), "lr"[foot]
    for name, more in (("hip_pitch", -0.3), ("knee", 0.6), ("ankle_pitch", -0.2)):
        position[ROBOT.joint_names.index(f"{side}_{name}")] += more
    return position


def landed(
    foot: int, velocity=(0.0, 0.0), seconds: float = LANDING_TIME_S, lame=(False, False)
) -> np.ndarray:
    """Sole in the air relative to the other one when the joints go exactly where they are sent."""
    landing, position = FootPlacing(ROBOT, BODY, PERIOD), raised(foot)
    landing.begin_landing()
    for _ in range(round(seconds / PERIOD)):
        stance = stance_on(1 - foot, position=position, velocity=velocity)
        joints, change, _ = landing.step_landing(stance, lame)
        position[joints] += change
    stance = stance_on(1 - foot, position=position)
    return stance.soles[foot] - stance.soles[1 - foot]


@pytest.mark.parametrize("feet", [(), (LEFT, RIGHT)])
def test_nothing_to_land_with_both_feet_or_none_on_the_ground(feet):
    landing = FootPlacing(ROBOT, BODY, PERIOD)
    landing.begin_landing()
    assert landing.step_landing(stance_on(*feet)) is None


@pytest.mark.parametrize("foot, side", [(LEFT, 1.0), (RIGHT, -1.0)])
def test_foot_comes_down_level_beside_the_other(foot, side):
    there = landed(foot)
    assert abs(there[2]) < 0.01
    assert SIDE_RANGE_M[0] - 0.01 <= side * there[1] <= SIDE_RANGE_M[1]


def test_faster_falls_are_caught_farther_out():
    ahead = [landed(LEFT, velocity=(speed, 0.0))[0] for speed in (-0.2, 0.0, 0.2)]
    assert ahead[0] < ahead[1] - 0.05 < ahead[2] - 0.1


def test_never_farther_than_the_legs_reach():
    for velocity in ((5.0, 0.0), (-5.0, 0.0), (0.0, 5.0), (0.0, -5.0)):
        x, y, _ = landed(LEFT, velocity)
        assert (
            abs(x) <= LANDING_REACH_M + 0.02
            and SIDE_RANGE_M[0] - 0.02 <= y <= SIDE_RANGE_M[1] + 0.02
        )


def test_foot_that_meets_no_ground_goes_on_down():
    on_time, late = landed(LEFT), landed(LEFT, seconds=LANDING_TIME_S + 0.1)
    assert late[2] - on_time[2] == pytest.approx(-0.1 * LANDING_PRESS_SPEED_MPS, abs=0.01)


def test_foot_hurries_where_the_other_leg_gives_way():
    height = landed(LEFT, seconds=LANDING_HURRY_S)[2]
    assert landed(LEFT, seconds=LANDING_HURRY_S, lame=(False, True))[2] < 0.01 < 0.03 < height


def test_lame_foot_is_not_pressed_down_for_it_feels_no_ground():
    assert abs(landed(LEFT, seconds=LANDING_TIME_S + 0.1, lame=(True, False))[2]) < 0.01


@pytest.mark.parametrize("foot", [LEFT, RIGHT])
def test_foot_that_lost_the_ground_for_a_moment_goes_back_at_once_where_it_belongs_and_else_steps(
    foot,
):
    heights = {}
    for ahead in (0.0, 0.2):
        landing, position = FootPlacing(ROBOT, BODY, PERIOD), ROBOT.poses["stand"].copy()
        landing.begin_landing()
        for _ in range(10):
            stance = stance_on(1 - foot, position=position)
            aside = LANDING_OUTWARD_M * np.sign(stance.soles[foot, 1])
            centre = np.array([*(stance.soles[foot, :2] + (ahead, -aside)), stance.centre[2]])
            joints, change, _ = landing.step_landing(replace(stance, centre=centre))
            position[joints] += change
        soles = stance_on(1 - foot, position=position).soles
        heights[ahead] = soles[foot, 2] - soles[1 - foot, 2]
    assert heights[0.0] < -0.003 and heights[0.2] > 0.001


def test_speed_asked_for_follows_the_change():
    landing = FootPlacing(ROBOT, BODY, PERIOD)
    landing.begin_landing()
    stance = stance_on(RIGHT, position=raised(LEFT))
    joints, change, speed = landing.step_landing(stance)
    assert list(joints) == list(ROBOT.indices("left_leg"))
    assert change @ speed > 0.0


def test_lifting_the_other_foot_starts_a_new_landing():
    landing = FootPlacing(ROBOT, BODY, PERIOD)
    landing.begin_landing()
    for foot in (LEFT, RIGHT):
        stance = stance_on(1 - foot, position=raised(foot))
        joints, change, _ = landing.step_landing(stance)
        assert list(joints) == list(BODY.legs[foot]) and np.abs(change).max() < 0.2
        assert landing.step_landing(stance_on(LEFT, RIGHT)) is None


def test_a_robot_a_quarter_the_size_lands_a_quarter_as_far_in_half_the_time():
    small = copy.copy(BODY)
    small.scale = BodyScale(0.25, 0.5)
    landing, position = FootPlacing(ROBOT, small, PERIOD), raised(LEFT)
    landing.begin_landing()
    for _ in range(round(0.5 * LANDING_TIME_S / PERIOD)):
        stance = stance_on(RIGHT, position=position, velocity=(3.0, 0.0))
        joints, change, _ = landing.step_landing(stance)
        position[joints] += change
    stance = stance_on(RIGHT, position=position)
    ahead, _, up = stance.soles[LEFT] - stance.soles[RIGHT]
    assert ahead == pytest.approx(0.25 * LANDING_REACH_M, abs=0.01)
    assert abs(up) < 0.01
