# SPDX-License-Identifier: Apache-2.0
"""Converts images, cameras and transforms from standard messages, and the map to messages."""

from __future__ import annotations

import array
from collections.abc import Callable

import numpy as np
from builtin_interfaces.msg import Time
from geometry_msgs.msg import Point, TransformStamped
from nav_msgs.msg import OccupancyGrid as OccupancyGridMessage
from sensor_msgs.msg import CameraInfo, Image, PointCloud2, PointField
from std_msgs.msg import Header
from talus_core.errors import RefusedInputError, TalusError
from talus_core.graph.headers import check_finite
from talus_core.physics import NANOSECONDS_PER_SECOND
from talus_core.pinhole import Pinhole
from talus_core.transform_buffer import TransformBuffer
from tf2_msgs.msg import TFMessage

from talus_interfaces.msg import ElevationMap
from talus_interfaces.srv import MapFile
from talus_map.layers.elevation import ElevationGrid
from talus_map.layers.looks import height_colours
from talus_map.layers.moving import MovingBody
from talus_map.layers.occupancy import OccupancyGrid
from talus_map.views.inbox import DepthImage

DEPTH_DTYPES: dict[str, np.dtype] = {"32FC1": np.dtype("<f4"), "16UC1": np.dtype("<u2")}
MOST_PIXELS = 4096 * 4096  # four times the largest depth camera that is sold


def seconds(stamp: Time) -> float:
    """Return a ROS time in s."""
    return stamp.sec + 1e-9 * stamp.nanosec


def header_of(time: float, frame: str) -> Header:
    """Return a header of a frame, stamped with an instant in s."""
    nanoseconds = round(time * 1e9)
    return Header(
        stamp=Time(
            sec=nanoseconds // NANOSECONDS_PER_SECOND, nanosec=nanoseconds % NANOSECONDS_PER_SECOND
        ),
        frame_id=frame,
    )


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


def identity_message(parent: str, child: str) -> TFMessage:
    """Return the transform by which `child` is where `parent` is, at all times."""
    transform = TransformStamped(header=Header(frame_id=parent), child_frame_id=child)
    return TFMessage(transforms=[transform])


def cloud_message(header: Header, points: np.ndarray) -> PointCloud2:
    """Return (n, 3) float32 points in m as a point cloud coloured by height."""
    rows = np.empty((len(points), 4), np.float32)
    rows[:, :3] = points
    rows[:, 3] = height_colours(points[:, 2]).view(np.float32)
    return _cloud(header, ("x", "y", "z", "rgb"), rows)


def moving_message(header: Header, bodies: list[MovingBody], ground: float) -> PointCloud2:
    """Return each body's nearest point and velocity, m and m/s, at the height `ground` in m."""
    rows = np.array([(*body.nearest, ground, *body.velocity) for body in bodies], np.float32)
    return _cloud(header, ("x", "y", "z", "vx", "vy"), rows)


def _cloud(header: Header, names: tuple[str, ...], rows: np.ndarray) -> PointCloud2:
    """Return (n, len(names)) float32 values as a point cloud with fields of those names."""
    return PointCloud2(
        header=header,
        height=1,
        width=len(rows),
        fields=[
            PointField(name=n, offset=4 * i, datatype=PointField.FLOAT32, count=1)
            for i, n in enumerate(names)
        ],
        point_step=4 * len(names),
        row_step=rows.nbytes,
        is_dense=True,
        data=rows.tobytes(),
    )


def occupancy_message(header: Header, grid: OccupancyGrid, ground: float) -> OccupancyGridMessage:
    """Return the grid as a message, lying at the height `ground` in m."""
    message = OccupancyGridMessage(header=header)
    message.info.map_load_time = header.stamp
    message.info.resolution = grid.resolution
    message.info.height, message.info.width = grid.cells.shape
    message.info.origin.position = Point(x=float(grid.origin[0]), y=float(grid.origin[1]), z=ground)
    message.data = array.array("b", grid.cells.tobytes())
    return message


def elevation_message(header: Header, grid: ElevationGrid) -> ElevationMap:
    """Return the ground around the robot as a message."""
    message = ElevationMap(
        header=header, resolution=grid.resolution, width=grid.cells, height=grid.cells
    )
    message.origin = Point(x=float(grid.origin[0]), y=float(grid.origin[1]), z=0.0)
    message.elevation = array.array("f", grid.elevation.tobytes())
    message.variance = array.array("f", grid.variance.tobytes())
    return message


def answered(
    response: MapFile.Response, action: Callable[[], object], done: str
) -> MapFile.Response:
    """Return the response after an action: `done`, or why it failed."""
    try:
        action()
        response.success = True
        response.message = done
    except TalusError as error:
        response.success = False
        response.message = str(error)
    return response
