# SPDX-License-Identifier: Apache-2.0
"""Turn states into the bytes of frequent standard messages: only their numbers are written."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence

from geometry_msgs.msg import WrenchStamped
from nav_msgs.msg import Odometry
from rclpy.serialization import serialize_message
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import Imu, JointState
from talus_core.driver import GroundTruth
from talus_core.rotations import matrix_from_quat_xyzw
from talus_core.state import RobotState
from talus_ros.stamped import StampedNumbers

Writer = Callable[[RobotState], bytes]


def clock_writer() -> Writer:
    """Return a writer of rosgraph_msgs/Clock."""
    message = StampedNumbers(serialize_message(Clock()), 0)
    return lambda state: message.stamped(state.time)


def joint_state_writer(names: Sequence[str]) -> Writer:
    """Return a writer of sensor_msgs/JointState."""
    zeros = array("d", bytes(8 * len(names)))
    shape = JointState(name=list(names), position=zeros, velocity=zeros, effort=zeros)
    message = StampedNumbers(serialize_message(shape), 3 * (1 + len(names)))
    position, velocity, effort = message.numbers.reshape(3, -1)[
        :, 1:
    ]  # each array's count goes before it

    def write(state: RobotState) -> bytes:
        position[:] = state.position
        velocity[:] = state.velocity
        effort[:] = state.effort
        return message.stamped(state.time)

    return write


def imu_writer(frame: str, gyroscope_sigma: float, accelerometer_sigma: float) -> Writer:
    """Return a writer of sensor_msgs/Imu; sigmas in rad/s and m/s^2.

    Covariances as REP-145 asks: orientation is not measured (first element -1).
    """
    shape = Imu()
    shape.header.frame_id = frame
    shape.orientation_covariance[0] = -1.0
    shape.angular_velocity_covariance[[0, 4, 8]] = gyroscope_sigma**2
    shape.linear_acceleration_covariance[[0, 4, 8]] = accelerometer_sigma**2
    message = StampedNumbers(serialize_message(shape), 37)
    angular_velocity = message.numbers[13:16]
    linear_acceleration = message.numbers[25:28]

    def write(state: RobotState) -> bytes:
        angular_velocity[:] = state.angular_velocity
        linear_acceleration[:] = state.linear_acceleration
        return message.stamped(state.time)

    return write


def wrench_writer(frame: str, foot: int) -> Writer:
    """Return a writer of geometry_msgs/WrenchStamped for a row of `foot_wrenches`."""
    shape = WrenchStamped()
    shape.header.frame_id = frame
    message = StampedNumbers(serialize_message(shape), 6)

    def write(state: RobotState) -> bytes:
        message.numbers[:] = state.foot_wrenches[foot]
        return message.stamped(state.time)

    return write


def truth_writer(base: str, ground_truth: Callable[[], GroundTruth]) -> Writer:
    """Return a writer of nav_msgs/Odometry, its twist in the child frame."""
    shape = Odometry(child_frame_id=base)
    shape.header.frame_id = "world"
    message = StampedNumbers(serialize_message(shape), 7 + 36 + 6 + 36)
    pose = message.numbers[:7]
    twist = message.numbers[43:49]

    def write(state: RobotState) -> bytes:
        truth = ground_truth()
        pose[:3] = truth.position
        pose[3:] = truth.quat_xyzw
        twist[:3] = matrix_from_quat_xyzw(truth.quat_xyzw).T @ truth.linear_velocity
        twist[3:] = truth.angular_velocity
        return message.stamped(state.time)

    return write
