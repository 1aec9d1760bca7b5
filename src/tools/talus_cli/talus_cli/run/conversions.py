# SPDX-License-Identifier: Apache-2.0
"""Messages that the operator of a run reads and writes, to and from its own data."""

from __future__ import annotations

import importlib

import numpy as np
from builtin_interfaces.msg import Time
from geometry_msgs.msg import PointStamped, TwistStamped
from nav_msgs.msg import Odometry
from sensor_msgs.msg import JointState
from talus_core.physics import NANOSECONDS_PER_SECOND

from talus_cli.run.judge import Pose
from talus_cli.run.observation import Gate, Gaze, Safety, Velocity
from talus_interfaces.msg import GateState, SafetyState


def message_type(kind: str) -> type:
    """The class of `package/Type`."""
    package, name = kind.split("/")
    return getattr(importlib.import_module(f"{package}.msg"), name)


def seconds(stamp: Time) -> float:
    """A ROS time in s."""
    return stamp.sec + stamp.nanosec / NANOSECONDS_PER_SECOND


def safety(message: SafetyState) -> Safety:
    """What the operator reads of it."""
    return Safety(message.level, message.cause, message.latched, message.armed, message.torque_permitted)


def gate(message: GateState) -> Gate:
    """What the operator reads of it."""
    return Gate(message.phase, message.reason)


def pose(message: Odometry) -> Pose:
    """Of the base."""
    p, q = message.pose.pose.position, message.pose.pose.orientation
    return Pose(np.array([p.x, p.y, p.z]), np.array([q.x, q.y, q.z, q.w]))


def angles(message: JointState) -> dict[str, float]:
    """Joint angles by name, rad."""
    return dict(zip(message.name, message.position, strict=True))


def twist(velocity: Velocity, time: float) -> TwistStamped:
    """For `cmd_vel`."""
    message = TwistStamped()
    message.header.frame_id = "base_link"
    message.header.stamp = stamp(time)
    message.twist.linear.x = velocity.forward
    message.twist.linear.y = velocity.left
    message.twist.angular.z = velocity.turn
    return message


def point(gaze: Gaze, time: float) -> PointStamped:
    """For `gaze/target`."""
    message = PointStamped()
    message.header.frame_id = "base_link"
    message.header.stamp = stamp(time)
    message.point.x, message.point.y, message.point.z = gaze.point
    return message


def stamp(time: float) -> Time:
    """s to a ROS time."""
    whole, nano = divmod(round(time * NANOSECONDS_PER_SECOND), NANOSECONDS_PER_SECOND)
    return Time(sec=whole, nanosec=nano)
