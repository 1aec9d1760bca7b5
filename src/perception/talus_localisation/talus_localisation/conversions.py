# SPDX-License-Identifier: Apache-2.0
"""Converts poses of the robot in the map to messages and back."""

from __future__ import annotations

import numpy as np
from geometry_msgs.msg import PoseWithCovarianceStamped, TransformStamped
from std_msgs.msg import Header
from talus_core.errors import RefusedInputError
from talus_core.graph.headers import check_frame
from talus_core.transform import Transform, unit_pose
from talus_ros.conversions import stamp_of
from tf2_msgs.msg import TFMessage

from talus_localisation.level_pose import LevelPose
from talus_localisation.status import UNKNOWN_DEVIATION_M, UNKNOWN_DEVIATION_RAD

# Of x, y, z and yaw in the (6, 6) covariance of a message: x, y, z, roll, pitch, yaw.
_IN_MESSAGE = np.array([0, 1, 2, 5])
GRAVITY_DEVIATION_RAD = 0.004  # of roll and pitch, which the IMU knows: a quarter of a degree


def frame_message(pose: LevelPose, time: float, parent: str, child: str) -> TFMessage:
    """Return the transform of a level frame `child` in `parent`, stamped with an instant in s."""
    message = TransformStamped(child_frame_id=child)
    message.header = Header(stamp=stamp_of(time), frame_id=parent)
    translation = message.transform.translation
    translation.x, translation.y, translation.z = map(float, pose.position)
    message.transform.rotation.z = float(np.sin(0.5 * pose.yaw))
    message.transform.rotation.w = float(np.cos(0.5 * pose.yaw))
    return TFMessage(transforms=[message])


def pose_message(
    pose: LevelPose, covariance: np.ndarray, is_lost: bool, time: float, frame: str
) -> PoseWithCovarianceStamped:
    """Return where the robot is, with its (4, 4) covariance; of one that is lost, anywhere."""
    message = PoseWithCovarianceStamped(header=Header(stamp=stamp_of(time), frame_id=frame))
    at = message.pose.pose
    at.position.x, at.position.y, at.position.z = map(float, pose.position)
    at.orientation.z = float(np.sin(0.5 * pose.yaw))
    at.orientation.w = float(np.cos(0.5 * pose.yaw))
    if is_lost:
        covariance = np.diag([UNKNOWN_DEVIATION_M**2] * 3 + [UNKNOWN_DEVIATION_RAD**2])
    full = np.diag([0.0, 0.0, 0.0, GRAVITY_DEVIATION_RAD**2, GRAVITY_DEVIATION_RAD**2, 0.0])
    full[np.ix_(_IN_MESSAGE, _IN_MESSAGE)] = covariance
    message.pose.covariance = full.ravel()
    return message


def told_pose(message: PoseWithCovarianceStamped, frame: str) -> LevelPose:
    """Return where somebody says that the robot is in the map.

    Raises RefusedInputError for another frame than `frame` or none, and for what is no pose.
    """
    check_frame(message.header.frame_id, (frame,))
    p = message.pose.pose.position
    q = message.pose.pose.orientation
    try:
        pose = unit_pose((p.x, p.y, p.z), (q.x, q.y, q.z, q.w))
    except ValueError as error:
        raise RefusedInputError(str(error)) from error
    return LevelPose.of(Transform.from_pose(pose))
