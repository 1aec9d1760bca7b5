# SPDX-License-Identifier: Apache-2.0
"""Converts depth images, cameras and transforms from standard messages."""

from __future__ import annotations

import numpy as np
from sensor_msgs.msg import CameraInfo, Image
from talus_core.errors import RefusedInputError
from talus_core.graph.headers import check_finite
from talus_core.pinhole import Pinhole
from talus_core.transform_buffer import TransformBuffer
from talus_core.vision.depth_inbox import DepthImage
from tf2_msgs.msg import TFMessage

from talus_ros.conversions import seconds

DEPTH_DTYPES: dict[str, np.dtype] = {"32FC1": np.dtype("<f4"), "16UC1": np.dtype("<u2")}
MOST_PIXELS = 4096 * 4096  # four times the largest depth camera that is sold


def depth_image_of(camera: str, message: Image) -> DepthImage:
    """Return an image in m, of 32FC1 in m or 16UC1 in mm (REP 118).

    Raises RefusedInputError for another encoding or size.
    """
    size = f"{message.width} x {message.height}"
    dtype = DEPTH_DTYPES.get(message.encoding)
    if dtype is None or message.is_bigendian:
        raise RefusedInputError(
            f"an image in '{message.encoding}'; 32FC1 in m or 16UC1 in mm, little endian, works"
        )
    if not 0 < message.width * message.height <= MOST_PIXELS:
        raise RefusedInputError(f"an image of {size} pixels; 1 to {MOST_PIXELS} of them work")
    row = dtype.itemsize * message.width
    if message.step != row or len(message.data) != row * message.height:
        raise RefusedInputError(
            f"an image of {size} pixels in {len(message.data)} bytes, {message.step} a row; "
            f"{dtype.itemsize} a pixel work"
        )
    depth = np.frombuffer(message.data, dtype).reshape(message.height, message.width)
    if dtype.kind == "u":
        millimetres = np.where(depth > 0, depth, np.float32(np.nan))  # 0 = invalid
        depth = millimetres * np.float32(1e-3)
    return DepthImage(camera, message.header.frame_id, seconds(message.header.stamp), depth)


def pinhole_of(message: CameraInfo) -> Pinhole:
    """Return the intrinsics of a camera without distortion.

    Raises RefusedInputError where the camera is not calibrated, or distorted: such images need
    rectifying.
    """
    fx, fy, cx, cy = (float(message.k[index]) for index in (0, 4, 2, 5))
    check_finite((fx, fy, cx, cy))
    if fx <= 0.0 or fy <= 0.0:
        raise RefusedInputError(f"focal lengths of {fx:g} and {fy:g} pixels; more than 0 works")
    if any(message.d):
        raise RefusedInputError("a distorted camera; rectify its images")
    if not 0 < message.width * message.height <= MOST_PIXELS:
        raise RefusedInputError(f"a camera of {message.width} x {message.height} pixels")
    return Pinhole(message.width, message.height, fx, fy, cx, cy)


def store_transforms(message: TFMessage, buffer: TransformBuffer, is_static: bool) -> None:
    """Put every transform of a message into the buffer; raises TransformError."""
    for transform in message.transforms:
        p = transform.transform.translation
        q = transform.transform.rotation
        parent = transform.header.frame_id
        child = transform.child_frame_id
        if is_static:
            buffer.set_static(parent, child, (p.x, p.y, p.z), (q.x, q.y, q.z, q.w))
        else:
            buffer.set(
                parent,
                child,
                seconds(transform.header.stamp),
                (p.x, p.y, p.z),
                (q.x, q.y, q.z, q.w),
            )
