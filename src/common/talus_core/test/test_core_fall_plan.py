# SPDX-License-Identifier: Apache-2.0
"""A fall's pose is its own in its own direction, and a blend between two directions."""

import math

import numpy as np
import pytest
from talus_core.motion.fall_plan import FallPlan, FallPose


def towards(degrees: float) -> np.ndarray:
    return np.array([math.cos(math.radians(degrees)), math.sin(math.radians(degrees))])


def plan(*headings: float) -> FallPlan:
    """As many joints as poses; each pose has one of them at 1 rad."""
    joints = np.eye(len(headings))
    poses = tuple(
        FallPose(str(at), towards(at), row) for at, row in zip(headings, joints, strict=True)
    )
    return FallPlan(poses, stiffness=2.5, damping=0.15, duration=0.15)


@pytest.mark.parametrize("degrees", [0.0, 90.0, -90.0, 180.0])
def test_in_its_own_direction_a_pose_stands_alone(degrees):
    headings = (0.0, 90.0, -90.0, 180.0)
    assert plan(*headings).towards(2.0 * towards(degrees)) == pytest.approx(
        np.eye(4)[headings.index(degrees)]
    )


@pytest.mark.parametrize(
    "degrees, shares",
    [
        (30.0, (2 / 3, 1 / 3, 0.0, 0.0)),
        (-45.0, (0.5, 0.0, 0.5, 0.0)),
        (120.0, (0.0, 2 / 3, 0.0, 1 / 3)),
        (-170.0, (0.0, 0.0, 1 / 9, 8 / 9)),
        (170.0, (0.0, 1 / 9, 0.0, 8 / 9)),
    ],
)
def test_between_two_poses_each_counts_by_its_angle(degrees, shares):
    assert plan(0.0, 90.0, -90.0, 180.0).towards(towards(degrees)) == pytest.approx(shares)


def test_no_direction_makes_the_pose_jump():
    falls = plan(0.0, 90.0, -90.0, 135.0, -135.0, 180.0)
    poses = np.array([falls.towards(towards(degrees)) for degrees in np.arange(-180.0, 180.5, 0.5)])
    assert np.abs(np.diff(poses, axis=0)).max() < 0.5 / 45.0 + 1e-9
    assert poses.sum(axis=1) == pytest.approx(1.0)
    assert poses[0] == pytest.approx(poses[-1])


@pytest.mark.parametrize("degrees", [0.0, 77.0, 180.0])
def test_the_only_pose_is_for_all_directions(degrees):
    assert plan(0.0).towards(towards(degrees)) == pytest.approx([1.0])
