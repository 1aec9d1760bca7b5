# SPDX-License-Identifier: Apache-2.0
"""Odometry as bytes, as rclpy reads it."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
from nav_msgs.msg import Odometry
from rclpy.serialization import deserialize_message
from talus_balance.conversions import GYROSCOPE_VARIANCE, OdometryWriter, height_grid, limb_targets
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
    assert height_grid(message) is None
    message.header.frame_id = "odom"
    grid = height_grid(message)
    found = grid.at(np.array([[1.6, -1.9], [1.1, -1.1], [2.4, -1.2], [0.9, -1.9], [2.6, -1.9]]))
    np.testing.assert_allclose(found, [0.1, 0.3, np.nan, np.nan, np.nan], rtol=1e-6)


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
