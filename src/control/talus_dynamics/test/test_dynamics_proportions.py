# SPDX-License-Identifier: Apache-2.0
import pytest
from standing_robot import ROBOT
from talus_dynamics.proportions import proportions


def test_proportions_of_talus40():
    found = proportions(ROBOT)
    assert (found.foot_length, found.foot_width) == (0.24, 0.11)
    assert found.mass == pytest.approx(57.0)
    assert found.leg == pytest.approx(0.8)  # thigh and shank of 0.4 m
    assert found.hips == pytest.approx(0.18)
    reach = (
        80.0 / (57.0 * 9.81) - 0.05
    )  # m ahead of the sole's centre that the ankle's 80 N m reach
    assert found.ankle_lack == pytest.approx(0.12 - reach)
