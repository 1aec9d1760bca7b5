# SPDX-License-Identifier: Apache-2.0
"""Converts messages that the operator of a run reads and writes from and to its own data."""

from __future__ import annotations

import importlib
from collections.abc import Collection

import numpy as np
from builtin_interfaces.msg import Time
from geometry_msgs.msg import PointStamped, TwistStamped
from nav_msgs.msg import Odometry
from sensor_msgs.msg import BatteryState, JointState
from talus_core.errors import RefusedInputError
from talus_core.physics import NANOSECONDS_PER_SECOND

from talus_cli.run.judging.judge import JudgedPose
from talus_cli.run.operating.observation import Gaze, HeardGate, HeardSafety, WalkingVelocity
from talus_interfaces.msg import GateState, SafetyState


def message_type(kind: str) -> type:
    """Return the class of `package/Type`."""
    package, name = kind.split("/")
    return getattr(importlib.import_module(f"{package}.msg"), name)


def safety(message: SafetyState) -> HeardSafety:
    """Return what the operator of a run reads of the message."""
    return HeardSafety(
        message.level, message.cause, message.latched, message.armed, message.torque_permitted
    )


def gate(message: GateState) -> HeardGate:
    """Return what the operator of a run reads of the message."""
    return HeardGate(message.phase, message.reason, message.at_rest)


def pose(message: Odometry) -> JudgedPose:
    """Return the place of the base in the message's frame."""
    p = message.pose.pose.position
    q = message.pose.pose.orientation
    return JudgedPose(np.array([p.x, p.y, p.z]), np.array([q.x, q.y, q.z, q.w]))


def angles(message: JointState, joints: Collection[str]) -> dict[str, float]:
    """Return joint angles by name, rad.

    Raises RefusedInputError where a position, or one of the robot's `joints`, is missing.
    """
    if len(message.name) != len(message.position):
        raise RefusedInputError(
            f"{len(message.name)} joints and {len(message.position)} positions; as many work"
        )
    found = dict(zip(message.name, message.position, strict=True))
    missing = [name for name in joints if name not in found]
    if missing:
        raise RefusedInputError(
            f"joints of something else ({', '.join(message.name[:2])}, ...): "
            f"'{missing[0]}' of the robot is missing"
        )
    return found


def charge(message: BatteryState) -> float:
    """Return the charge, 0 to 1. Raises RefusedInputError for another number, or none."""
    if not 0.0 <= message.percentage <= 1.0:  # NaN is refused too
        raise RefusedInputError(f"a charge of {message.percentage}; a share 0 to 1 works")
    return message.percentage


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
