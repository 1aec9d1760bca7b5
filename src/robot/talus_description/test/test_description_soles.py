# SPDX-License-Identifier: Apache-2.0
"""Checks which part of a foot counts as its sole, where the ankle does not reach all of it."""

import mujoco
import numpy as np
import pytest
from small_humanoid import small_humanoid
from talus_core.physics import GRAVITY_MPS2
from talus_description.adoption.soles import in_reach_of_ankle
from talus_description.anatomy import anatomy

MODEL = mujoco.MjModel.from_xml_string(small_humanoid())
PARTS = anatomy(MODEL)
LEG = PARTS.groups["left_leg"]
WEIGHT_N = float(MODEL.body_mass.sum()) * GRAVITY_MPS2
AHEAD_M = 0.03  # of the pad's middle before the ankle
HALF_LENGTH_M = 0.1


def sole_of(reach: float):
    """Return the left sole where the ankles carry the robot up to `reach`, m, before them."""
    return in_reach_of_ankle(MODEL, PARTS.soles[0], LEG, dict.fromkeys(LEG, reach * WEIGHT_N))


def test_a_foot_on_whose_middle_the_ankle_holds_the_robot_is_a_sole_as_a_whole():
    assert sole_of(1.01 * AHEAD_M) is PARTS.soles[0]


def test_of_a_longer_foot_the_part_that_the_ankle_reaches_is_the_sole():
    reach = 0.8 * AHEAD_M
    sole = sole_of(reach)
    whole = PARTS.soles[0]
    assert sole.length == pytest.approx(2.0 * reach)
    assert sole.width == pytest.approx(whole.width)
    assert np.allclose(sole.position, whole.position - [AHEAD_M, 0.0, 0.0])
    assert sole.geoms == whole.geoms, "what touches the ground stays"
    assert sole.points[:, 0].max() == pytest.approx(HALF_LENGTH_M + AHEAD_M)
