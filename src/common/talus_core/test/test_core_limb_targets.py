# SPDX-License-Identifier: Apache-2.0
"""Limb targets are checked where they come in, and go stale."""

import math
from dataclasses import replace

import numpy as np
import pytest
from talus_core.errors import TalusError
from talus_core.motion.limb_targets import (
    LIMB_STALE_AFTER_S,
    Limb,
    LimbFrame,
    LimbInbox,
    LimbPriority,
    LimbTargetError,
    RawLimbTarget,
    checked_limb_target,
)

NOW = 10.0
GOOD = RawLimbTarget(
    limb="left_hand",
    frame="odom",
    position=(0.4, 0.2, 1.0),
    quat_xyzw=(0.0, 0.0, 0.0, 1.0),
    velocity=(0.1, 0.0, 0.0, 0.0, 0.0, 0.0),
    stiffness=0.5,
    priority=2,
    time=9.9,
)
STILL = (0.0,) * 6


def test_a_good_target_keeps_all_it_says():
    target = checked_limb_target(GOOD, NOW)
    assert (target.limb, target.frame, target.priority) == (
        Limb.LEFT_HAND,
        LimbFrame.ODOM,
        LimbPriority.HIGH,
    )
    assert target.position.tolist() == [0.4, 0.2, 1.0]
    assert np.array_equal(target.rotation, np.eye(3))
    assert (target.stiffness, target.time) == (0.5, 9.9)


@pytest.mark.parametrize(
    "change, word",
    [
        ({"limb": "left_foot"}, "left_foot"),
        ({"frame": "map"}, "map"),
        ({"position": (math.nan, 0.0, 0.0)}, "left_hand"),
        ({"position": (0.0, math.inf, 0.0)}, "left_hand"),
        ({"quat_xyzw": (0.0, 0.0, 0.0, 0.0)}, "left_hand"),
        ({"quat_xyzw": (math.nan, 0.0, 0.0, 1.0)}, "left_hand"),
        ({"velocity": (math.nan, *STILL[1:])}, "velocity"),
        ({"velocity": (2.1, *STILL[1:])}, "velocity"),
        ({"velocity": (*STILL[:5], -10.1)}, "velocity"),
        ({"stiffness": math.nan}, "stiffness"),
        ({"stiffness": -0.1}, "stiffness"),
        ({"stiffness": 1.1}, "stiffness"),
        ({"priority": 3}, "priority 3"),
        ({"time": NOW - 0.51}, "0.510 s ago"),
        ({"time": NOW + 0.51}, "-0.510 s ago"),
        ({"time": math.nan}, "stamped"),
    ],
)
def test_a_bad_value_is_refused_by_name(change, word):
    with pytest.raises(TalusError, match=word):
        checked_limb_target(replace(GOOD, **change), NOW)


def test_an_unknown_limb_is_told_which_ones_there_are():
    with pytest.raises(TalusError, match="left_hand, right_hand"):
        checked_limb_target(replace(GOOD, limb="hand"), NOW)


def test_zero_stands_for_the_stiffest_and_for_now():
    target = checked_limb_target(replace(GOOD, stiffness=0.0, time=0.0), NOW)
    assert (target.stiffness, target.time) == (1.0, NOW)


def test_the_gaze_needs_no_orientation():
    raw = replace(GOOD, limb="gaze", quat_xyzw=(0.0, 0.0, 0.0, 0.0))
    assert checked_limb_target(raw, NOW).limb is Limb.GAZE
    with pytest.raises(LimbTargetError):
        checked_limb_target(replace(raw, limb="right_hand"), NOW)


def test_a_target_moves_on_by_its_own_velocity():
    turning = replace(GOOD, velocity=(0.1, 0.0, 0.0, 0.0, 0.0, 2.0), time=NOW)
    moved = checked_limb_target(turning, NOW).moved_to(NOW + 0.25)
    assert moved.position == pytest.approx([0.425, 0.2, 1.0])
    cosine, sine = math.cos(0.5), math.sin(0.5)
    assert moved.rotation[:2, :2] == pytest.approx(np.array([[cosine, -sine], [sine, cosine]]))


def test_the_inbox_keeps_the_newest_of_each_limb_until_it_is_stale():
    inbox = LimbInbox()
    for raw in (
        replace(GOOD, time=NOW, velocity=STILL),
        replace(GOOD, time=NOW - 0.1, position=(0.0, 0.0, 0.0), velocity=STILL),
        replace(GOOD, limb="gaze", time=NOW - 0.2, velocity=STILL),
    ):
        inbox.put(checked_limb_target(raw, NOW))
    found = {target.limb: target for target in inbox.fresh(NOW)}
    assert set(found) == {Limb.LEFT_HAND, Limb.GAZE}
    assert found[Limb.LEFT_HAND].position.tolist() == [0.4, 0.2, 1.0]
    later = inbox.fresh(NOW + LIMB_STALE_AFTER_S - 0.1)
    assert [target.limb for target in later] == [Limb.LEFT_HAND]
    assert inbox.fresh(NOW + LIMB_STALE_AFTER_S + 0.01) == ()
