# SPDX-License-Identifier: Apache-2.0
"""Converts the map to messages."""

from __future__ import annotations

import array
from collections.abc import Callable

import numpy as np
from geometry_msgs.msg import Point
from nav_msgs.msg import OccupancyGrid as OccupancyGridMessage
from sensor_msgs.msg import PointCloud2, PointField
from std_msgs.msg import Header
from talus_core.errors import TalusError
from talus_ros.conversions import stamp_of

from talus_interfaces.msg import ElevationMap
from talus_interfaces.srv import MapFile
from talus_map.layers.elevation import ElevationGrid
from talus_map.layers.looks import height_colours
from talus_map.layers.moving import MovingBody
from talus_map.layers.occupancy import OccupancyGrid


def header_of(time: float, frame: str) -> Header:
    """Return a header of a frame, stamped with an instant in s."""
    return Header(stamp=stamp_of(time), frame_id=frame)


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
