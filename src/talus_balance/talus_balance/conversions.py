# SPDX-License-Identifier: Apache-2.0
"""From the controller's report to ROS messages."""

from __future__ import annotations

import numpy as np
from builtin_interfaces.msg import Time
from geometry_msgs.msg import Point, Point32, TransformStamped
from nav_msgs.msg import Odometry
from talus_core.robot import Foot
from talus_core.rotations import matrix_from_yaw, quat_xyzw_from_matrix, yaw_of
from talus_core.state import RobotState
from tf2_msgs.msg import TFMessage

from talus_balance.controller import BalanceReport
from talus_balance.estimator import BaseEstimate
from talus_balance.support import centre_of_pressure, convex_hull, margin, sole_corners
from talus_interfaces.msg import BalanceState

NANO = 1_000_000_000


def time_message(seconds: float) -> Time:
    """ROS time of a float in s."""
    whole, nano = divmod(round(seconds * NANO), NANO)
    return Time(sec=int(whole), nanosec=int(nano))


def odometry_message(base: BaseEstimate, stamp: Time) -> Odometry:
    """odom -> base_link with the twist in base_link and the filter's variances."""
    message = Odometry()
    message.header.stamp, message.header.frame_id, message.child_frame_id = stamp, "odom", "base_link"
    _set_pose(message.pose.pose.position, message.pose.pose.orientation, base.position, base.rotation)
    linear = base.rotation.T @ base.velocity
    _set_xyz(message.twist.twist.linear, linear)
    _set_xyz(message.twist.twist.angular, base.angular_velocity)
    gyro_variance = np.full(3, 9e-6)  # (0.003 rad/s)^2, the gyroscope's noise
    message.pose.covariance = np.diag(np.concatenate((base.position_variance, base.rotation_variance))).ravel()
    message.twist.covariance = np.diag(np.concatenate((base.velocity_variance, gyro_variance))).ravel()
    return message


def transforms_message(report: BalanceReport, stamp: Time) -> TFMessage:
    """odom -> base_link, and base_link -> base_footprint: on the ground below the base, with its heading (REP-120)."""
    base = report.base
    transforms = [_transform("odom", "base_link", base.position, base.rotation, stamp)]
    ground = 0.0 if report.sole_positions is None else float(report.sole_positions[:, 2].min())
    footprint = np.array([base.position[0], base.position[1], ground])
    position = base.rotation.T @ (footprint - base.position)
    rotation = base.rotation.T @ matrix_from_yaw(yaw_of(base.rotation))
    transforms.append(_transform("base_link", "base_footprint", position, rotation, stamp))
    return TFMessage(transforms=transforms)


def balance_state_message(
    report: BalanceReport, state: RobotState, feet: tuple[Foot, Foot], stamp: Time
) -> BalanceState:
    """Mode always; the rest while the controller balances."""
    message = BalanceState(mode=int(report.mode), solver_failures=report.solver_failures)
    message.header.stamp, message.header.frame_id = stamp, "odom"
    gait = report.gait
    if gait is None:
        return message
    message.left_contact, message.right_contact = gait.in_contact
    corners = [
        sole_corners(report.sole_positions[i], report.sole_yaws[i], feet[i]) for i in (0, 1) if gait.in_contact[i]
    ]
    hull = convex_hull(np.concatenate(corners))
    ground = float(report.sole_positions[:, 2].min())
    message.support_polygon.points = [Point32(x=float(x), y=float(y), z=ground) for x, y in hull]
    message.capture_margin = margin(report.capture_point, hull)
    _set_xyz(message.centre_of_mass, report.com)
    _set_xyz(message.capture_point, (*report.capture_point, ground))
    pressure = centre_of_pressure(report.sole_positions, report.sole_yaws, state.foot_wrenches)
    _set_xyz(message.centre_of_pressure, (np.nan, np.nan, np.nan) if pressure is None else pressure)
    if gait.landing is not None:
        message.footsteps = [Point(x=float(gait.landing[0]), y=float(gait.landing[1]), z=float(gait.ground_height))]
    return message


def _transform(parent: str, child: str, position: np.ndarray, rotation: np.ndarray, stamp: Time) -> TransformStamped:
    message = TransformStamped(child_frame_id=child)
    message.header.stamp, message.header.frame_id = stamp, parent
    _set_pose(message.transform.translation, message.transform.rotation, position, rotation)
    return message


def _set_pose(position_message, orientation_message, position: np.ndarray, rotation: np.ndarray) -> None:
    _set_xyz(position_message, position)
    x, y, z, w = quat_xyzw_from_matrix(rotation)
    orientation_message.x, orientation_message.y = float(x), float(y)
    orientation_message.z, orientation_message.w = float(z), float(w)


def _set_xyz(message, values) -> None:
    message.x, message.y, message.z = (float(v) for v in values)
