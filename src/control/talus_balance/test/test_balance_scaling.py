# SPDX-License-Identifier: Apache-2.0
"""The configuration follows the robot: unchanged for talus40, similar for similar robots."""

import math
from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from standing_robot import ROBOT
from talus_balance.balance_types import BalanceConfig
from talus_balance.size.dimensions import LEG_LENGTH, SAME, SizeRatio, size_config, sized
from talus_balance.size.scaling import TALUS40_SIZE, config_for, scaled, slow_legs
from talus_balance.stepping.step_planner import StepPlanner
from talus_dynamics.proportions import proportions


def test_talus40_has_the_defaults_to_the_bit():
    assert config_for(ROBOT) == BalanceConfig()


def test_hips_that_turn_slowly_bound_the_swing_and_the_walk():
    def planner_of(foot_speed: float) -> StepPlanner:
        slow = replace(TALUS40_SIZE, foot_speed=foot_speed)
        return StepPlanner(scaled(BalanceConfig(), slow).gait.planner)

    double = BalanceConfig().gait.double_time
    assert planner_of(TALUS40_SIZE.foot_speed).fastest(double) == math.inf
    slow, slower = planner_of(4.0), planner_of(2.0)
    assert slow.config.swing_speed == pytest.approx(4.0 / 1.875, rel=0.01)  # minimum jerk
    for planner in (slow, slower):
        fastest = planner.fastest(double)
        duration = planner.duration_at(np.array([fastest, 0.0]))
        way = planner.config.swing_speed * (duration - double)
        assert 2.0 * fastest * duration == pytest.approx(way)
    assert slower.fastest(double) < slow.fastest(double) < 1.1


def test_only_a_robot_with_slow_hips_says_how_fast_it_walks():
    slow = scaled(BalanceConfig(), replace(TALUS40_SIZE, foot_speed=4.0))
    assert slow_legs(slow, 1.1, 0.25) == (
        "walks ahead at 0.95 m/s at most, not 1.10: its hips swing the legs no faster"
    )
    assert slow_legs(slow, 0.5, 0.25) == slow_legs(BalanceConfig(), 1.1, 0.25) == ""


def test_a_small_robot_says_how_fast_it_walks_aside():
    lengths = ("height", "leg", "hips", "foot_length", "foot_width", "ankle_lack")
    small = {name: 0.25 * getattr(TALUS40_SIZE, name) for name in lengths}
    config = scaled(BalanceConfig(), replace(TALUS40_SIZE, **small))
    double = config.gait.double_time
    fastest = StepPlanner(config.gait.planner).fastest_aside(double)
    of_talus40 = StepPlanner(BalanceConfig().gait.planner).fastest_aside(
        BalanceConfig().gait.double_time
    )
    assert fastest == pytest.approx(0.5 * of_talus40, rel=0.02)
    assert slow_legs(config, 0.2, 0.25) == (
        f"walks aside at {fastest:.2f} m/s at most, not 0.25: its legs reach no wider in a step"
    )


def test_knees_that_give_little_lift_the_feet_slowly_and_never_more_than_talus40():
    def lift_of(share: float) -> float:
        knees = replace(TALUS40_SIZE, lift=share * TALUS40_SIZE.lift)
        return scaled(BalanceConfig(), knees).gait.swing.max_lift

    assert lift_of(2.0) == lift_of(1.0) == BalanceConfig().gait.swing.max_lift
    assert lift_of(0.1) == pytest.approx(0.1 * TALUS40_SIZE.lift, rel=0.01)


def test_a_body_a_quarter_the_size_steps_twice_as_often_by_a_quarter():
    small = replace(
        TALUS40_SIZE,
        **{
            name: 0.25 * getattr(TALUS40_SIZE, name)
            for name in vars(TALUS40_SIZE)
            if name not in ("mass", "swing", "foot_speed", "lift")
        },
    )
    config, default = scaled(BalanceConfig(), small), BalanceConfig()
    planner, was = config.gait.planner, default.gait.planner
    assert planner.bounds.narrow == pytest.approx(0.25 * was.bounds.narrow)
    assert planner.bounds.narrow < planner.step_width
    assert planner.duration == pytest.approx(0.5 * was.duration)
    assert (planner.bounds.forward, planner.step_width) == pytest.approx(
        (0.25 * was.bounds.forward, 0.25 * was.step_width)
    )
    assert planner.swing_speed == pytest.approx(0.5 * was.swing_speed)
    assert planner.swing_acceleration == was.swing_acceleration  # gravity is the same
    froude = planner.bounds.forward / planner.duration / math.sqrt(small.height)
    assert froude == pytest.approx(
        was.bounds.forward / was.duration / math.sqrt(TALUS40_SIZE.height)
    )


def test_narrow_feet_land_closer_and_push_less_sideways():
    config = scaled(BalanceConfig(), replace(TALUS40_SIZE, foot_width=0.055))
    gait, was = config.gait, BalanceConfig().gait
    assert was.planner.bounds.narrow - gait.planner.bounds.narrow == pytest.approx(0.055)
    assert gait.pressure.zmp_y == pytest.approx(0.5 * was.pressure.zmp_y)
    assert config.body.limits.contact.sole_shrink < 0.5 * 0.055


def test_a_foot_swings_as_hard_as_the_hip_can():
    found = proportions(ROBOT)
    assert found.swing == pytest.approx(
        200.0 / 1.85 * 0.8, rel=0.01
    )  # N m over kg m^2 of the bent leg, times its length
    weak = scaled(BalanceConfig(), replace(TALUS40_SIZE, swing=0.5 * TALUS40_SIZE.swing)).gait
    assert weak.planner.swing_acceleration == 0.5 * BalanceConfig().gait.planner.swing_acceleration
    assert weak.swing.max_acceleration == 0.5 * BalanceConfig().gait.swing.max_acceleration


def test_forces_go_with_the_weight():
    half = scaled(BalanceConfig(), replace(TALUS40_SIZE, mass=0.5 * TALUS40_SIZE.mass))
    was = BalanceConfig()
    assert half.gait.touchdown.force == 0.5 * was.gait.touchdown.force
    assert half.body.limits.contact.min_force == 0.5 * was.body.limits.contact.min_force


def test_a_strong_ankle_needs_no_pivot_behind_the_middle():
    assert (
        scaled(BalanceConfig(), replace(TALUS40_SIZE, ankle_lack=0.0)).gait.pressure.pivot_x == 0.0
    )


def test_a_weak_ankle_stands_farther_back_but_on_its_sole_and_may_settle_there():
    short = replace(TALUS40_SIZE, foot_length=0.0875, ankle_lack=0.0607)
    gait, was = scaled(BalanceConfig(), short).gait, BalanceConfig().gait
    assert -0.5 * short.foot_length < gait.pressure.pivot_x < was.pressure.pivot_x
    assert gait.standing.settle_offset > -gait.pressure.pivot_x
    longer = replace(TALUS40_SIZE, ankle_lack=1.5 * TALUS40_SIZE.ankle_lack)
    assert scaled(BalanceConfig(), longer).gait.pressure.pivot_x == 1.5 * was.pressure.pivot_x


@dataclass(frozen=True)
class Told:
    length: float = sized(1.0, LEG_LENGTH)
    share: float = sized(1.0, SAME)


@dataclass(frozen=True)
class Forgotten:
    told: Told = field(default_factory=Told)
    length: float = 1.0


def test_a_field_follows_the_robot_by_its_own_dimension():
    ratio = SizeRatio.between(replace(TALUS40_SIZE, leg=0.4), TALUS40_SIZE)
    assert size_config(Told(), ratio) == Told(length=0.5)


def test_a_field_without_a_dimension_is_an_error_that_names_it():
    ratio = SizeRatio.between(TALUS40_SIZE, TALUS40_SIZE)
    with pytest.raises(TypeError, match=r"Forgotten\.length"):
        size_config(Forgotten(), ratio)


def test_gains_of_tasks_quicken_in_a_small_body():
    quarter = replace(TALUS40_SIZE, height=0.25 * TALUS40_SIZE.height)
    body = scaled(BalanceConfig(), quarter).body
    was = BalanceConfig().body
    assert body.hand_pose.position.kp == pytest.approx(4.0 * was.hand_pose.position.kp)
    assert body.trunk.chest.kd == pytest.approx(2.0 * was.trunk.chest.kd)
    assert body.trunk.chest.weight == was.trunk.chest.weight
    assert body.momentum.angular_weight == pytest.approx(16.0 * was.momentum.angular_weight)
