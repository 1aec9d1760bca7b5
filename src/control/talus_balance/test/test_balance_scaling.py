# SPDX-License-Identifier: Apache-2.0
"""The controller's configuration follows the robot: unchanged for talus40, similar for similar robots."""

import math
from dataclasses import replace

import pytest
from balance_body import ROBOT
from talus_balance.controller import BalanceConfig
from talus_balance.scaling import TALUS40, config_for, proportions, scaled


def test_talus40_has_the_defaults_to_the_bit():
    assert config_for(ROBOT) == BalanceConfig()


def test_proportions_of_talus40():
    found = proportions(ROBOT)
    assert (found.foot_length, found.foot_width) == (0.24, 0.11)
    assert found.mass == pytest.approx(57.0)
    assert found.leg == pytest.approx(0.8)  # thigh and shank of 0.4 m
    assert found.hips == pytest.approx(0.18)
    reach = 80.0 / (57.0 * 9.81) - 0.05  # m ahead of the sole's centre that the ankle's 80 N m reach
    assert found.ankle_lack == pytest.approx(0.12 - reach)


def test_a_body_a_quarter_the_size_steps_twice_as_often_by_a_quarter():
    small = replace(
        TALUS40, **{name: 0.25 * getattr(TALUS40, name) for name in vars(TALUS40) if name not in ("mass", "swing")}
    )
    config, default = scaled(BalanceConfig(), small), BalanceConfig()
    planner, was = config.gait.planner, default.gait.planner
    assert planner.duration == pytest.approx(0.5 * was.duration)
    assert (planner.forward, planner.step_width) == pytest.approx((0.25 * was.forward, 0.25 * was.step_width))
    assert planner.swing_speed == pytest.approx(0.5 * was.swing_speed)
    assert planner.swing_acceleration == was.swing_acceleration  # gravity is the same
    froude = planner.forward / planner.duration / math.sqrt(small.height)
    assert froude == pytest.approx(was.forward / was.duration / math.sqrt(TALUS40.height))


def test_narrow_feet_land_closer_and_push_less_sideways():
    config = scaled(BalanceConfig(), replace(TALUS40, foot_width=0.055))
    gait, was = config.gait, BalanceConfig().gait
    assert was.planner.narrow - gait.planner.narrow == pytest.approx(0.055)
    assert gait.zmp_y == pytest.approx(0.5 * was.zmp_y)
    assert config.body.qp.sole_shrink < 0.5 * 0.055


def test_a_foot_swings_as_hard_as_the_hip_can():
    found = proportions(ROBOT)
    assert found.swing == pytest.approx(
        200.0 / 1.85 * 0.8, rel=0.01
    )  # N m over kg m^2 of the bent leg, times its length
    weak = scaled(BalanceConfig(), replace(TALUS40, swing=0.5 * TALUS40.swing)).gait
    assert weak.planner.swing_acceleration == 0.5 * BalanceConfig().gait.planner.swing_acceleration
    assert weak.swing.max_acceleration == 0.5 * BalanceConfig().gait.swing.max_acceleration


def test_a_strong_ankle_needs_no_pivot_behind_the_middle():
    assert scaled(BalanceConfig(), replace(TALUS40, ankle_lack=0.0)).gait.pivot_x == 0.0
