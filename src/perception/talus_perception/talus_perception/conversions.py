# SPDX-License-Identifier: Apache-2.0
"""Pictures and cameras as standard messages."""

from __future__ import annotations

import numpy as np
from builtin_interfaces.msg import Time
from sensor_msgs.msg import CameraInfo, Image
from std_msgs.msg import Header

from talus_perception.camera_model import Camera


def seconds(stamp: Time) -> float:
    """ROS time in s."""
    return stamp.sec + 1e-9 * stamp.nanosec


def image_message(header: Header, picture: np.ndarray) -> Image:
    """(height, width, 3) uint8 as rgb8, or (height, width) float32 as 32FC1 in m."""
    message = Image(header=header, height=picture.shape[0], width=picture.shape[1])
    message.encoding = "rgb8" if picture.ndim == 3 else "32FC1"
    message.step = picture.nbytes // picture.shape[0]
    message.data = picture.tobytes()  # bytes: an array would be copied number by number
    return message


def camera_info_message(camera: Camera) -> CameraInfo:
    """An undistorted, unrectified camera: K, R = identity, P = [K 0]; without a stamp."""
    pinhole = camera.pinhole
    message = CameraInfo(
        header=Header(frame_id=camera.optical_frame), height=pinhole.height, width=pinhole.width
    )
    message.distortion_model = "plumb_bob"
    message.d = [0.0] * 5
    message.k = pinhole.matrix.ravel()
    message.r = np.eye(3).ravel()
    message.p = np.hstack([pinhole.matrix, np.zeros((3, 1))]).ravel()
    return message
