# SPDX-License-Identifier: Apache-2.0
"""From the controller's report to ROS messages, and from a message to what it sees."""

from __future__ import annotations

import numpy as np
from builtin_interfaces.msg import Time
from geometry_msgs.msg import Point, Point32, TransformStamped
from nav_msgs.msg import Odometry
from rclpy.serialization import serialize_message
from talus_core.physics import NANOSECONDS_PER_SECOND
from talus_core.robot import Foot
from talus_core.rotations import matrix_from_yaw, quat_xyzw_from_matrix, yaw_of
from talus_core.state import RobotState
from talus_ros.stamped import StampedNumbers
from tf2_msgs.msg import TFMessage

from talus_balance.controller import BalanceReport
from talus_balance.estimation.estimator import BaseEstimate
from talus_balance.model.support import centre_of_pressure, margin, support_polygon
from talus_balance.stepping.height_grid import HeightGrid
from talus_interfaces.msg import BalanceState, ElevationMap

GYROSCOPE_VARIANCE = 9e-6  # (0.003 rad/s)^2, its noise


def time_message(seconds: float) -> Time:
    """ROS time of a float in s."""
    whole, nano = divmod(round(seconds * NANOSECONDS_PER_SECOND), NANOSECONDS_PER_SECOND)
    return Time(sec=int(whole), nanosec=int(nano))


class OdometryWriter:
    """nav_msgs/Odometry as bytes, odom -> base_link: all but stamp and numbers stay the same."""

    def __init__(self) -> None:
        shape = Odometry(child_frame_id="base_link")
        shape.header.frame_id = "odom"
        shape.twist.covariance[[21, 28, 35]] = GYROSCOPE_VARIANCE
        self._message = StampedNumbers(serialize_message(shape), 7 + 36 + 6 + 36)
        numbers = self._message.numbers
        self._pose, self._twist = numbers[:7], numbers[43:49]
        self._pose_variance, self._velocity_variance = numbers[7:43:7], numbers[49:64:7]  # on the diagonals

    def write(self, base: BaseEstimate, quat_xyzw: np.ndarray, time: float) -> bytes:
        """With the twist in base_link and the filter's variances."""
        self._pose[:3], self._pose[3:] = base.position, quat_xyzw
        self._twist[:3], self._twist[3:] = base.rotation.T @ base.velocity, base.angular_velocity
        self._pose_variance[:3], self._pose_variance[3:] = base.position_variance, base.rotation_variance
        self._velocity_variance[:] = base.velocity_variance
        return self._message.stamped(time)


def transforms_message(report: BalanceReport, quat_xyzw: np.ndarray, stamp: Time) -> TFMessage:
    """odom -> base_link, and base_link -> base_footprint: on the ground below the base, with its heading (REP-120)."""
    base = report.base
    ground = 0.0 if report.sole_positions is None else float(report.sole_positions[:, 2].min())
    footprint = np.array([base.position[0], base.position[1], ground])
    position = base.rotation.T @ (footprint - base.position)
    levelled = quat_xyzw_from_matrix(base.rotation.T @ matrix_from_yaw(yaw_of(base.rotation)))
    return TFMessage(
        transforms=[
            _transform("odom", "base_link", base.position, quat_xyzw, stamp),
            _transform("base_link", "base_footprint", position, levelled, stamp),
        ]
    )


def balance_state_message(
    report: BalanceReport, state: RobotState, feet: tuple[Foot, Foot], stamp: Time, policy: str = ""
) -> BalanceState:
    """Mode and policy always; the rest while the controller balances."""
    message = BalanceState(mode=int(report.mode), solver_failures=report.solver_failures, policy=policy)
    message.header.stamp, message.header.frame_id = stamp, "odom"
    gait = report.gait
    if gait is None:
        return message
    message.left_contact, message.right_contact = gait.in_contact
    hull = support_polygon(report.sole_positions, report.sole_yaws, gait.in_contact, feet)
    ground = float(report.sole_positions[:, 2].min())
    message.support_polygon.points = [Point32(x=float(x), y=float(y), z=ground) for x, y in hull]
    message.capture_margin = margin(report.capture_point, hull)
    _set_xyz(message.centre_of_mass, report.com)
    _set_xyz(message.capture_point, (*report.capture_point, ground))
    pressure = centre_of_pressure(report.sole_positions, report.sole_yaws, state.foot_wrenches)
    _set_xyz(message.centre_of_pressure, (np.nan, np.nan, np.nan) if pressure is None else pressure)
    if gait.landing is not None:
        message.footsteps = [Point(x=float(gait.landing[0]), y=float(gait.landing[1]), z=float(gait.ground[2]))]
    return message


def answered(response, refusal: str | None, done: str):
    """The response of a Trigger or SetBool: why not, or what happens now."""
    response.success, response.message = refusal is None, refusal or done
    return response


def height_grid(message: ElevationMap) -> HeightGrid | None:
    """The ground around the robot; None in another frame than odom, in which alone the feet are known."""
    if message.header.frame_id != "odom":
        return None
    origin = np.array([message.origin.x, message.origin.y])
    heights = np.asarray(message.elevation).reshape(message.height, message.width)
    return HeightGrid(origin, message.resolution, heights)


def _transform(parent: str, child: str, position: np.ndarray, quat_xyzw: np.ndarray, stamp: Time) -> TransformStamped:
    stamped = TransformStamped(child_frame_id=child)
    stamped.header.stamp, stamped.header.frame_id = stamp, parent
    _set_xyz(stamped.transform.translation, position)
    rotation = stamped.transform.rotation
    rotation.x, rotation.y, rotation.z, rotation.w = quat_xyzw.tolist()
    return stamped


def _set_xyz(message, values) -> None:
    message.x, message.y, message.z = (float(v) for v in values)
