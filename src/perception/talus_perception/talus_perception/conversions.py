# SPDX-License-Identifier: Apache-2.0
"""Convert pictures and cameras to standard messages."""

from __future__ import annotations

import numpy as np
from builtin_interfaces.msg import Time
from sensor_msgs.msg import CameraInfo, Image
from std_msgs.msg import Header

from talus_perception.camera_model import Camera


def seconds(stamp: Time) -> float:
    """Return a ROS time in s."""
    return stamp.sec + 1e-9 * stamp.nanosec


def image_message(header: Header, picture: np.ndarray) -> Image:
    """Return a picture as a message.

    (height, width, 3) uint8 becomes rgb8, (height, width) float32 in m becomes 32FC1.
    """
    message = Image(header=header, height=picture.shape[0], width=picture.shape[1])
    message.encoding = "rgb8" if picture.ndim == 3 else "32FC1"
    message.step = picture.nbytes // picture.shape[0]
    message.data = picture.tobytes()  # bytes: an array would be copied number by number
    return message


def camera_info_message(camera: Camera) -> CameraInfo:
    """Return an undistorted, unrectified camera: K, R = identity, P = [K 0]; without a stamp."""
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
