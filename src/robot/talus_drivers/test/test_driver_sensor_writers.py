# SPDX-License-Identifier: Apache-2.0
"""The standard messages that are written as bytes, as rclpy reads them."""

from __future__ import annotations

import numpy as np
from geometry_msgs.msg import WrenchStamped
from nav_msgs.msg import Odometry
from rclpy.serialization import deserialize_message
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import Imu, JointState
from talus_core.driver import GroundTruth
from talus_core.rotations import matrix_from_quat_xyzw
from talus_core.state import RobotState
from talus_drivers.topics.sensor_writers_node import (
    clock_writer,
    imu_writer,
    joint_state_writer,
    truth_writer,
    wrench_writer,
)

NAMES = ("hip", "knee", "ankle_roll")
RANDOM = np.random.default_rng(3)
JOINTS, VECTORS, WRENCHES = (RANDOM.standard_normal(shape) for shape in ((3, 3), (2, 3), (2, 6)))
STATE = RobotState(7, 12.25, 0, *JOINTS, *VECTORS, WRENCHES, True)


def xyz(vector: object) -> list[float]:
    return [vector.x, vector.y, vector.z]


def seconds(message: object) -> float:
    stamp = message.header.stamp
    return stamp.sec + 1e-9 * stamp.nanosec


def test_clock():
    clock = deserialize_message(clock_writer()(STATE), Clock).clock
    assert (clock.sec, clock.nanosec) == (12, 250_000_000)


def test_joint_states():
    message = deserialize_message(joint_state_writer(NAMES)(STATE), JointState)
    assert (seconds(message), tuple(message.name)) == (12.25, NAMES)
    assert [list(message.position), list(message.velocity), list(message.effort)] == JOINTS.tolist()


def test_imu():
    message = deserialize_message(imu_writer("imu_link", 0.1, 0.2)(STATE), Imu)
    assert (seconds(message), message.header.frame_id) == (12.25, "imu_link")
    assert [xyz(message.angular_velocity), xyz(message.linear_acceleration)] == VECTORS.tolist()
    assert message.orientation_covariance[0] == -1.0
    np.testing.assert_allclose(message.angular_velocity_covariance, np.diag([0.01] * 3).ravel())
    np.testing.assert_allclose(message.linear_acceleration_covariance, np.diag([0.04] * 3).ravel())


def test_wrenches():
    for row, frame in enumerate(("l_sole", "right_sole")):
        message = deserialize_message(wrench_writer(frame, row)(STATE), WrenchStamped)
        assert (seconds(message), message.header.frame_id) == (12.25, frame)
        assert [*xyz(message.wrench.force), *xyz(message.wrench.torque)] == WRENCHES[row].tolist()


def test_ground_truth_has_its_twist_in_the_base():
    truth = GroundTruth(np.array([1.0, 2.0, 3.0]), np.array([0.0, 0.6, 0.0, 0.8]), *VECTORS)
    message = deserialize_message(truth_writer("base_link", lambda: truth)(STATE), Odometry)
    assert (message.header.frame_id, message.child_frame_id) == ("world", "base_link")
    pose = message.pose.pose
    twist = message.twist.twist
    assert [*xyz(pose.position), *xyz(pose.orientation), pose.orientation.w] == [
        1.0,
        2.0,
        3.0,
        0.0,
        0.6,
        0.0,
        0.8,
    ]
    np.testing.assert_allclose(
        xyz(twist.linear), matrix_from_quat_xyzw(truth.quat_xyzw).T @ VECTORS[0]
    )
    assert xyz(twist.angular) == VECTORS[1].tolist()
