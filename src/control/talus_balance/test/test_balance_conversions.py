# SPDX-License-Identifier: Apache-2.0
"""Odometry as bytes, as rclpy reads it."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from geometry_msgs.msg import Point, TwistStamped
from nav_msgs.msg import Odometry
from rclpy.serialization import deserialize_message
from talus_balance.conversions import (
    GYROSCOPE_VARIANCE,
    OdometryWriter,
    height_grid,
    limb_targets,
    time_message,
    velocity,
)
from talus_core.errors import RefusedInputError
from talus_core.motion.limb_targets import Limb, LimbFrame, LimbPriority, checked_limb_target
from talus_core.rotations import exp_so3, quat_xyzw_from_matrix

from talus_interfaces.msg import ElevationMap, LimbTarget, LimbTargets

RANDOM = np.random.default_rng(5)
POSITION, VELOCITY, TURN, OF_POSITION, OF_ROTATION, OF_VELOCITY = RANDOM.uniform(0.1, 1.0, (6, 3))


def test_odometry_has_pose_twist_in_the_base_and_variances():
    rotation = exp_so3(np.array([0.1, -0.2, 0.9]))
    base = SimpleNamespace(
        position=POSITION,
        rotation=rotation,
        velocity=VELOCITY,
        angular_velocity=TURN,
        position_variance=OF_POSITION,
        rotation_variance=OF_ROTATION,
        velocity_variance=OF_VELOCITY,
    )
    quat_xyzw = quat_xyzw_from_matrix(rotation)
    message = deserialize_message(OdometryWriter().write(base, quat_xyzw, 3.5), Odometry)
    assert (message.header.stamp.sec, message.header.stamp.nanosec) == (3, 500_000_000)
    assert (message.header.frame_id, message.child_frame_id) == ("odom", "base_link")
    position, q = message.pose.pose.position, message.pose.pose.orientation
    assert [position.x, position.y, position.z, q.x, q.y, q.z, q.w] == [*POSITION, *quat_xyzw]
    linear, angular = message.twist.twist.linear, message.twist.twist.angular
    np.testing.assert_allclose([linear.x, linear.y, linear.z], rotation.T @ VELOCITY)
    assert [angular.x, angular.y, angular.z] == TURN.tolist()
    np.testing.assert_array_equal(
        message.pose.covariance, np.diag([*OF_POSITION, *OF_ROTATION]).ravel()
    )
    np.testing.assert_array_equal(
        message.twist.covariance, np.diag([*OF_VELOCITY, *[GYROSCOPE_VARIANCE] * 3]).ravel()
    )


def test_heights_keep_their_place():
    message = ElevationMap(
        resolution=0.5, width=3, height=2, elevation=[0.0, 0.1, 0.2, 0.3, 0.4, float("nan")]
    )
    message.origin.x, message.origin.y = 1.0, -2.0
    with pytest.raises(RefusedInputError, match="in frame ''; odom works"):
        height_grid(message)
    message.header.frame_id = "odom"
    grid = height_grid(message)
    found = grid.at(np.array([[1.6, -1.9], [1.1, -1.1], [2.4, -1.2], [0.9, -1.9], [2.6, -1.9]]))
    np.testing.assert_allclose(found, [0.1, 0.3, np.nan, np.nan, np.nan], rtol=1e-6)


@pytest.mark.parametrize(
    "changes, reason",
    [
        ({"width": 4}, "6 heights of 4 x 2 cells"),
        ({"width": 0, "height": 0, "elevation": []}, "0 heights of 0 x 0 cells"),
        ({"width": 2**32 - 1, "height": 2**32 - 1}, "6 heights of"),
        ({"resolution": 0.0}, "cells of 0.0 m"),
        ({"resolution": float("nan")}, "cells of nan m"),
        ({"origin": Point(x=float("inf"))}, "is not finite"),
    ],
)
def test_heights_of_another_structure_are_refused(changes, reason):
    message = ElevationMap(resolution=0.5, width=3, height=2, elevation=[0.0] * 6)
    message.header.frame_id = "odom"
    for name, value in changes.items():
        setattr(message, name, value)
    with pytest.raises(RefusedInputError, match=reason):
        height_grid(message)


def walking(stamp: float, frame: str = "base_link", forward: float = 0.3) -> TwistStamped:
    message = TwistStamped()
    message.header.frame_id = frame
    message.header.stamp = time_message(stamp)
    message.twist.linear.x = forward
    return message


@pytest.mark.parametrize("stamp, at", [(99.8, 99.8), (100.4, 100.0), (0.0, 100.0)])
@pytest.mark.parametrize("frame", ["base_link", "base_footprint", ""])
def test_a_velocity_of_now_is_taken_with_its_time(stamp, at, frame):
    assert velocity(walking(stamp, frame), 100.0, 0.5) == pytest.approx((0.3, 0.0, 0.0, at))


@pytest.mark.parametrize(
    "message, reason",
    [
        (walking(1.0), "stamped 1.000 s, 99.000 s ago"),
        (walking(1e9), "in the future"),
        (walking(100.0, "map"), "in frame 'map'; base_link or base_footprint works"),
        (walking(100.0, forward=float("nan")), "is not finite"),
    ],
)
def test_a_velocity_of_long_ago_of_the_future_or_elsewhere_is_refused(message, reason):
    with pytest.raises(RefusedInputError, match=reason):
        velocity(message, 100.0, 0.5)


def test_limb_targets_come_in_with_all_their_numbers():
    message = LimbTargets(
        targets=[LimbTarget(limb=LimbTarget.LEFT_HAND, frame_id=LimbTarget.BASE_LINK)]
    )
    message.header.stamp.sec = 3
    message.header.stamp.nanosec = 250_000_000
    target = message.targets[0]
    target.pose.position.x = 0.4
    target.pose.orientation.z = 1.0
    target.pose.orientation.w = 0.0
    target.velocity.linear.y = 0.2
    target.velocity.angular.z = 0.5
    target.stiffness = 0.25
    target.priority = LimbTarget.HIGH
    raw = limb_targets(message)
    assert len(raw) == 1
    found = checked_limb_target(raw[0], now=3.5)
    assert (found.limb, found.frame) == (Limb.LEFT_HAND, LimbFrame.BASE)
    assert (found.time, found.stiffness, found.priority) == (3.25, 0.25, LimbPriority.HIGH)
    assert found.position.tolist() == [0.4, 0.0, 0.0]
    np.testing.assert_allclose(found.rotation, np.diag([-1.0, -1.0, 1.0]), atol=1e-12)
    assert found.velocity.tolist() == [0.0, 0.2, 0.0, 0.0, 0.0, 0.5]


def test_the_words_of_the_message_are_those_of_the_core():
    assert {limb.value for limb in Limb} == {
        LimbTarget.LEFT_HAND,
        LimbTarget.RIGHT_HAND,
        LimbTarget.GAZE,
    }
    assert {frame.value for frame in LimbFrame} == {LimbTarget.ODOM, LimbTarget.BASE_LINK}
    assert [rank.value for rank in LimbPriority] == [
        LimbTarget.LOW,
        LimbTarget.NORMAL,
        LimbTarget.HIGH,
    ]
