# SPDX-License-Identifier: Apache-2.0
import math
from dataclasses import replace

import numpy as np
import pytest
from talus_balance.intent import LEG_LOCKED, IntentConfig, IntentKeeper
from talus_core.motion.limb_targets import Limb, RawLimbTarget


@pytest.fixture
def keeper():
    keeper = IntentKeeper(IntentConfig(), 0.002)
    keeper.safety(0, True, "")
    return keeper


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("place", range(3))
def test_a_velocity_that_is_no_number_is_rejected_counted_and_changes_nothing(keeper, bad, place):
    keeper.velocity(0.3, 0.1, 0.2, now=1.0)
    values = [0.0, 0.0, 0.0]
    values[place] = bad
    keeper.velocity(*values, now=1.1)
    assert keeper.rejected_velocities == 1
    assert np.allclose(keeper.intent(1.2, False).velocity, [0.3, 0.1, 0.2])


def test_velocity_goes_stale_after_half_a_second(keeper):
    keeper.velocity(0.3, 0.0, 0.0, now=1.0)
    assert keeper.intent(1.5, False).velocity[0] == pytest.approx(0.3)
    assert not keeper.intent(1.51, False).velocity.any()


def test_velocity_is_clipped_to_the_limits(keeper):
    keeper.velocity(9.0, -9.0, 9.0, now=0.0)
    forward, _, sideways, turning = IntentConfig().velocity_limits
    assert np.allclose(keeper.intent(0.0, False).velocity, [forward, -sideways, turning])


def test_r1_caps_the_speed_r2_stops_the_stepping(keeper):
    keeper.velocity(0.5, 0.0, 0.0, now=0.0)
    keeper.safety(1, True, "")
    degraded = keeper.intent(0.0, False)
    assert np.linalg.norm(degraded.velocity[:2]) == pytest.approx(IntentConfig().degraded_speed)
    assert degraded.may_walk
    keeper.safety(2, True, "")
    assert not keeper.intent(0.0, False).may_walk


def test_after_r3_only_a_new_command_lifts_the_robot(keeper):
    assert keeper.request_stand() is None
    keeper.safety(3, True, "")
    assert not keeper.intent(0.0, False).stand
    assert "safety/reset" in keeper.request_stand()
    keeper.safety(0, True, "")
    assert not keeper.intent(0.0, False).stand
    assert keeper.request_stand() is None and keeper.intent(0.0, False).stand


def test_a_locked_leg_folds_no_more_until_somebody_arms(keeper):
    assert keeper.intent(0.0, False).may_fold
    for level, rule in ((2, LEG_LOCKED), (3, "stop_pressed"), (1, "warm")):
        keeper.safety(level, True, rule)
        assert not keeper.intent(0.0, False).may_fold
    keeper.safety(0, True, "")
    assert keeper.intent(0.0, False).may_fold


def test_starts_restricted():
    fresh = IntentKeeper(IntentConfig(), 0.002)
    assert fresh.request_stand() is not None
    intent = fresh.intent(0.0, False)
    assert not intent.torque and not intent.stand and not intent.may_walk


def test_gaze_turns_at_a_bounded_rate_to_a_bounded_angle(keeper):
    keeper.gaze_at(np.array([-1.0, 0.5, -5.0]))  # behind on the left, far below
    c, last = IntentConfig(), (0.0, 0.0)
    for _ in range(2000):
        gaze = keeper.intent(0.0, False).gaze
        assert all(
            abs(a - b) <= c.gaze.rate * 0.002 + 1e-12 for a, b in zip(gaze, last, strict=True)
        )
        last = gaze
    assert last == pytest.approx((c.gaze.yaw, c.gaze.pitch_down))


def test_gets_up_only_when_asked_while_it_lies_and_never_twice(keeper):
    assert "does not lie" in keeper.request_get_up(lies=False, can=True)
    assert "get_up.yaml" in keeper.request_get_up(lies=True, can=False)
    assert not keeper.intent(1.0, False).get_up
    assert keeper.request_get_up(lies=True, can=True) is None
    intent = keeper.intent(1.0, False)
    assert intent.get_up and intent.stand
    keeper.is_up()
    intent = keeper.intent(1.0, False)
    assert not intent.get_up and intent.stand


def test_a_stop_ends_getting_up_and_keeps_from_it(keeper):
    keeper.request_get_up(lies=True, can=True)
    keeper.safety(3, True, "")
    assert not keeper.intent(1.0, False).get_up
    assert "safety/reset" in keeper.request_get_up(lies=True, can=True)


RAW_TARGET = RawLimbTarget(
    limb="left_hand",
    frame="odom",
    position=(0.4, 0.2, 1.0),
    quat_xyzw=(0.0, 0.0, 0.0, 1.0),
    velocity=(0.0,) * 6,
    stiffness=0.0,
    priority=1,
    time=0.0,
)


def test_limb_targets_come_through_until_they_are_stale(keeper):
    assert keeper.limb_target(RAW_TARGET, now=1.0) is None
    assert [target.limb for target in keeper.intent(1.4, False).limb_targets] == [Limb.LEFT_HAND]
    assert keeper.intent(1.6, False).limb_targets == ()


def test_a_limb_target_that_is_no_number_is_refused_by_name_and_changes_nothing(keeper):
    keeper.limb_target(RAW_TARGET, now=1.0)
    refusal = keeper.limb_target(replace(RAW_TARGET, position=(math.nan, 0.0, 0.0)), now=1.1)
    assert "left_hand" in refusal
    (target,) = keeper.intent(1.2, False).limb_targets
    assert target.position.tolist() == [0.4, 0.2, 1.0]


@pytest.mark.parametrize("level, count", [(0, 1), (1, 1), (2, 0), (3, 0)])
def test_limbs_go_home_where_the_robot_shall_stand_safely(keeper, level, count):
    keeper.limb_target(RAW_TARGET, now=1.0)
    keeper.safety(level, True, "")
    assert len(keeper.intent(1.0, False).limb_targets) == count


def test_a_limb_that_the_robot_lacks_is_refused_by_name():
    keeper = IntentKeeper(IntentConfig(), 0.002, limbs=(Limb.RIGHT_HAND, Limb.GAZE))
    keeper.safety(0, True, "")
    refusal = keeper.limb_target(RAW_TARGET, now=1.0)
    assert "left_hand" in refusal and "right_hand" in refusal
    assert keeper.intent(1.0, False).limb_targets == ()
