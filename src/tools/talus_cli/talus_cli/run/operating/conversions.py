# SPDX-License-Identifier: Apache-2.0
"""Converts messages that the operator of a run reads and writes from and to its own data."""

from __future__ import annotations

import importlib

import numpy as np
from builtin_interfaces.msg import Time
from geometry_msgs.msg import PointStamped, TwistStamped
from nav_msgs.msg import Odometry
from sensor_msgs.msg import JointState
from talus_core.physics import NANOSECONDS_PER_SECOND

from talus_cli.run.judging.judge import JudgedPose
from talus_cli.run.operating.observation import Gaze, HeardGate, HeardSafety, WalkingVelocity
from talus_interfaces.msg import GateState, SafetyState


def message_type(kind: str) -> type:
    """Return the class of `package/Type`."""
    package, name = kind.split("/")
    return getattr(importlib.import_module(f"{package}.msg"), name)


def seconds(stamp: Time) -> float:
    """Return a ROS time in s."""
    return stamp.sec + stamp.nanosec / NANOSECONDS_PER_SECOND


def safety(message: SafetyState) -> HeardSafety:
    """Return what the operator of a run reads of the message."""
    return HeardSafety(
        message.level, message.cause, message.latched, message.armed, message.torque_permitted
    )


def gate(message: GateState) -> HeardGate:
    """Return what the operator of a run reads of the message."""
    return HeardGate(message.phase, message.reason)


def pose(message: Odometry) -> JudgedPose:
    """Return the place of the base in the message's frame."""
    p = message.pose.pose.position
    q = message.pose.pose.orientation
    return JudgedPose(np.array([p.x, p.y, p.z]), np.array([q.x, q.y, q.z, q.w]))


def angles(message: JointState) -> dict[str, float]:
    """Return joint angles by name, rad."""
    return dict(zip(message.name, message.position, strict=True))


def twist(velocity: WalkingVelocity, time: float) -> TwistStamped:
    """Return a message for `cmd_vel`, stamped with simulated `time`, s."""
    message = TwistStamped()
    message.header.frame_id = "base_link"
    message.header.stamp = stamp(time)
    message.twist.linear.x = velocity.forward
    message.twist.linear.y = velocity.left
    message.twist.angular.z = velocity.turn
    return message


def point(gaze: Gaze, time: float) -> PointStamped:
    """Return a message for `gaze/target`, stamped with simulated `time`, s."""
    message = PointStamped()
    message.header.frame_id = "base_link"
    message.header.stamp = stamp(time)
    message.point.x, message.point.y, message.point.z = gaze.point
    return message


def stamp(time: float) -> Time:
    """Return a time in s as a ROS time."""
    whole, nano = divmod(round(time * NANOSECONDS_PER_SECOND), NANOSECONDS_PER_SECOND)
    return Time(sec=whole, nanosec=nano)
