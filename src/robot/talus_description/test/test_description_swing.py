# SPDX-License-Identifier: Apache-2.0
"""Checks how far an arm may swing before it meets a chest, by shapes of known size."""

import re

import mujoco
import numpy as np
import pytest
from small_humanoid import small_humanoid
from talus_description.adoption.swing import CLEAR_SHARE, STEP_RAD, swing_ranges
from talus_description.crouch import Bend

ARMS = {side: [f"{side[0]}_shoulder", f"{side[0]}_elbow"] for side in ("left_arm", "right_arm")}
LEGS = [[Bend(f"{s}_{joint}", 1.0) for joint in ("hip", "knee", "ankle")] for s in "lr"]
ELBOW_M = 0.02  # radius of the ball in each elbow
GAP_M = 0.18 - 0.12 - ELBOW_M  # from there to the chest while the arm hangs
UPPER_ARM_M = 0.2
HIP_HEIGHT_M = 0.66  # of small_humanoid, on straight legs
RANGE_RAD = 2.0


def ranges(
    stand: dict[str, float], ball: str = "", all_meet: bool = False
) -> dict[str, tuple[float, float]]:
    """Return the swing of arms that roll about x, each with a ball in its elbow."""
    text = small_humanoid(hand=f'<geom size="{ELBOW_M}" {ball}/>')
    text = re.sub(r'(_shoulder" axis=)"0 1 0"', r'\1"1 0 0"', text)
    spec = mujoco.MjSpec.from_string(text)
    for side in "lr":
        spec.body(f"{side}_foot").add_site(name=f"{side}_sole", pos=(0.03, 0.0, -0.06))
    if all_meet:  # as in a model that was made from a URDF
        for geom in spec.geoms:
            geom.contype = 0
    model = spec.compile()
    return swing_ranges(model, ARMS, stand, LEGS, ("l_sole", "r_sole"), all_meet)


def test_each_arm_ends_its_swing_with_room_between_it_and_the_chest():
    found = ranges({})
    assert found.keys() == {"l_shoulder", "r_shoulder"}, "the elbow moves no ball"
    low, high = found["l_shoulder"]
    assert high == RANGE_RAD, "outwards it is free"
    assert found["r_shoulder"] == (-high, -low)
    clear = CLEAR_SHARE * HIP_HEIGHT_M
    gap = GAP_M - UPPER_ARM_M * np.sin(-low)
    assert gap > clear > gap - UPPER_ARM_M * np.sin(STEP_RAD)


def test_an_arm_that_stands_near_its_chest_keeps_half_of_its_room():
    lean = round(float(np.arcsin((GAP_M - 0.01) / UPPER_ARM_M)), 4)
    found = ranges({"l_shoulder": -lean, "r_shoulder": lean})
    low, _ = found["l_shoulder"]
    assert -lean - STEP_RAD <= low <= -lean


@pytest.mark.parametrize("ball", ['contype="0" conaffinity="0"', 'pos="0 0.3 0"'])
def test_an_arm_that_meets_nothing_has_its_whole_range(ball):
    assert "l_shoulder" not in ranges({}, ball)


def test_a_urdf_whose_links_meet_nothing_but_the_ground_gives_the_same_ranges():
    assert ranges({}, all_meet=True) == ranges({})
