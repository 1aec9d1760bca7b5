# SPDX-License-Identifier: Apache-2.0
"""Converts the controller's report to ROS messages, and messages to its inputs."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
from builtin_interfaces.msg import Time
from geometry_msgs.msg import Point, Point32, PointStamped, TransformStamped, TwistStamped
from nav_msgs.msg import Odometry
from rclpy.serialization import serialize_message
from talus_core.errors import RefusedInputError
from talus_core.graph.headers import check_finite, check_frame, checked_time
from talus_core.motion.limb_targets import RawLimbTarget
from talus_core.physics import NANOSECONDS_PER_SECOND
from talus_core.robot import Foot
from talus_core.rotations import matrix_from_yaw, yaw_of
from talus_core.state import RobotState
from talus_dynamics.rotation_vectors import quat_xyzw_from_rotation
from talus_dynamics.support import centre_of_pressure, margin, support_polygon
from talus_estimation.estimator import BaseEstimate
from talus_ros.conversions import seconds
from talus_ros.stamped import StampedNumbers
from tf2_msgs.msg import TFMessage

from talus_balance.balance_types import Balanced, BalanceReport
from talus_balance.stepping.height_grid import HeightGrid
from talus_interfaces.msg import BalanceState, ElevationMap, LimbTargets

BASE_FRAME = "base_link"  # of odometry and velocities, whatever the robot calls its base (REP-105)
# Both have the robot's heading, in which a velocity is meant.
VELOCITY_FRAMES = (BASE_FRAME, "base_footprint")
GAZE_FRAMES = (BASE_FRAME, "odom")
ELEVATION_FRAMES = ("odom",)  # the feet are only known in odom
# Cells: a hundred times those of the map that is shipped; more is no ground around a robot.
MOST_ELEVATION_CELLS = 4_000_000
SAME_QUAT_XYZW = np.array([0.0, 0.0, 0.0, 1.0])  # no rotation
GYROSCOPE_VARIANCE = 9e-6  # (rad/s)^2, from the gyroscope's noise of 0.003 rad/s


def time_message(seconds: float) -> Time:
    """Return the ROS time of `seconds`."""
    whole, nano = divmod(round(seconds * NANOSECONDS_PER_SECOND), NANOSECONDS_PER_SECOND)
    return Time(sec=int(whole), nanosec=int(nano))


class OdometryWriter:
    """Writes nav_msgs/Odometry, odom -> base_link, as bytes.

    Only stamp and numbers change from one message to the next.
    """

    def __init__(self) -> None:
        shape = Odometry(child_frame_id=BASE_FRAME)
        shape.header.frame_id = "odom"
        shape.twist.covariance[[21, 28, 35]] = GYROSCOPE_VARIANCE
        self._message = StampedNumbers(serialize_message(shape), 7 + 36 + 6 + 36)
        numbers = self._message.numbers
        self._pose = numbers[:7]
        self._twist = numbers[43:49]
        self._pose_variance = numbers[7:43:7]  # on the diagonal
        self._velocity_variance = numbers[49:64:7]  # the first half of the diagonal

    def write(self, base: BaseEstimate, quat_xyzw: np.ndarray, time: float) -> bytes:
        """Return the message, with the twist in base_link and the filter's variances."""
        self._pose[:3] = base.position
        self._pose[3:] = quat_xyzw
        self._twist[:3] = base.rotation.T @ base.velocity
        self._twist[3:] = base.angular_velocity
        self._pose_variance[:3] = base.position_variance
        self._pose_variance[3:] = base.rotation_variance
        self._velocity_variance[:] = base.velocity_variance
        return self._message.stamped(time)


def transforms_message(
    base: BaseEstimate,
    sole_positions: np.ndarray | None,
    quat_xyzw: np.ndarray,
    stamp: Time,
    link: str = BASE_FRAME,
) -> TFMessage:
    """Return the transforms odom -> base_link -> base_footprint (REP-120).

    The footprint lies on the ground below the base and has its heading. `sole_positions` (2, 3), m,
    give the ground's height; it is 0 where they are None. Where the robot calls its base `link`,
    that link stands between odom and base_link, which then is the same frame by the standard name.
    """
    ground = 0.0 if sole_positions is None else float(sole_positions[:, 2].min())
    footprint = np.array([base.position[0], base.position[1], ground])
    position = base.rotation.T @ (footprint - base.position)
    levelled = quat_xyzw_from_rotation(base.rotation.T @ matrix_from_yaw(yaw_of(base.rotation)))
    transforms = [
        _transform("odom", link, base.position, quat_xyzw, stamp),
        _transform(link, "base_footprint", position, levelled, stamp),
    ]
    if link != BASE_FRAME:
        transforms.append(_transform(link, BASE_FRAME, np.zeros(3), SAME_QUAT_XYZW, stamp))
    return TFMessage(transforms=transforms)


def balance_state_message(
    report: BalanceReport, state: RobotState, feet: tuple[Foot, Foot], stamp: Time, policy: str = ""
) -> BalanceState:
    """Return the message with mode and policy, and the rest while the controller balances."""
    message = BalanceState(
        mode=int(report.mode), solver_failures=report.solver_failures, policy=policy
    )
    message.header.stamp = stamp
    message.header.frame_id = "odom"
    body = report.balanced
    if body is not None:
        _set_balanced(message, body, state, feet)
    return message


def _set_balanced(
    message: BalanceState, body: Balanced, state: RobotState, feet: tuple[Foot, Foot]
) -> None:
    gait = body.gait
    message.left_contact, message.right_contact = gait.in_contact
    hull = support_polygon(body.sole_positions, body.sole_yaws, gait.in_contact, feet)
    ground = float(body.sole_positions[:, 2].min())
    message.support_polygon.points = [Point32(x=float(x), y=float(y), z=ground) for x, y in hull]
    message.capture_margin = margin(body.capture_point, hull)
    _set_xyz(message.centre_of_mass, body.com)
    _set_xyz(message.capture_point, (*body.capture_point, ground))
    pressure = centre_of_pressure(body.sole_positions, body.sole_yaws, state.foot_wrenches)
    unknown = (np.nan, np.nan, np.nan)
    _set_xyz(message.centre_of_pressure, unknown if pressure is None else pressure)
    if gait.landing is not None:
        x, y = gait.landing
        message.footsteps = [Point(x=float(x), y=float(y), z=float(gait.ground[2]))]


def answered(response: Any, refusal: str | None, done: str) -> Any:
    """Fill in the response of a Trigger or SetBool: why it is refused, or what happens now."""
    response.success = refusal is None
    response.message = refusal or done
    return response


def velocity(message: TwistStamped, now: float, most_s: float) -> tuple[float, float, float, float]:
    """Return forward and sideways m/s, turning rad/s, and the time that they are of, s.

    Raises RefusedInputError for another frame, a stamp more than `most_s` from `now`, s, or a value
    that is no number.
    """
    linear = message.twist.linear
    values = (linear.x, linear.y, message.twist.angular.z)
    check_frame(message.header.frame_id, VELOCITY_FRAMES)
    check_finite(values)
    return (*values, checked_time(seconds(message.header.stamp), now, most_s))


def gaze_point(message: PointStamped, base: BaseEstimate) -> np.ndarray:
    """Return the point to look at, (3,) m in odom. Raises RefusedInputError.

    A point without a frame is in base_link. Its stamp is of no account: it is looked at until
    another comes.
    """
    point = np.array([message.point.x, message.point.y, message.point.z])
    check_frame(message.header.frame_id, GAZE_FRAMES)
    check_finite(point.tolist())
    return point if message.header.frame_id == "odom" else base.position + base.rotation @ point


def height_grid(message: ElevationMap) -> HeightGrid:
    """Return the heights of the ground around the robot.

    Raises RefusedInputError for another frame, or sizes that do not fit each other.
    """
    if message.header.frame_id not in ELEVATION_FRAMES:
        raise RefusedInputError(
            f"in frame '{message.header.frame_id}'; {' or '.join(ELEVATION_FRAMES)} works"
        )
    origin = np.array([message.origin.x, message.origin.y])
    check_finite(origin.tolist())
    cells = message.height * message.width
    if cells != len(message.elevation) or not 0 < cells <= MOST_ELEVATION_CELLS:
        raise RefusedInputError(
            f"{len(message.elevation)} heights of {message.width} x {message.height} cells; "
            f"width x height of them work, up to {MOST_ELEVATION_CELLS}"
        )
    if not (math.isfinite(message.resolution) and message.resolution > 0.0):
        raise RefusedInputError(f"cells of {message.resolution} m; more than 0 m works")
    heights = np.asarray(message.elevation).reshape(message.height, message.width)
    return HeightGrid(origin, message.resolution, heights)


def limb_targets(message: LimbTargets) -> list[RawLimbTarget]:
    """Return what is asked of each limb, unchecked, as it arrived."""
    time = seconds(message.header.stamp)
    targets = []
    for target in message.targets:
        place = target.pose.position
        turn = target.pose.orientation
        linear = target.velocity.linear
        angular = target.velocity.angular
        targets.append(
            RawLimbTarget(
                limb=target.limb,
                frame=target.frame_id,
                position=(place.x, place.y, place.z),
                quat_xyzw=(turn.x, turn.y, turn.z, turn.w),
                velocity=(linear.x, linear.y, linear.z, angular.x, angular.y, angular.z),
                stiffness=target.stiffness,
                priority=target.priority,
                time=time,
            )
        )
    return targets


def _transform(
    parent: str, child: str, position: np.ndarray, quat_xyzw: np.ndarray, stamp: Time
) -> TransformStamped:
    stamped = TransformStamped(child_frame_id=child)
    stamped.header.stamp = stamp
    stamped.header.frame_id = parent
    _set_xyz(stamped.transform.translation, position)
    rotation = stamped.transform.rotation
    rotation.x, rotation.y, rotation.z, rotation.w = quat_xyzw.tolist()
    return stamped


def _set_xyz(message: Any, values: Iterable[float]) -> None:
    message.x, message.y, message.z = (float(v) for v in values)
