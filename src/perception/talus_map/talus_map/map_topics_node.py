# SPDX-License-Identifier: Apache-2.0
"""Publishes the map in its forms, each at its own rate of the images' time."""

from __future__ import annotations

import numpy as np
from nav_msgs.msg import OccupancyGrid
from rclpy.node import Node
from sensor_msgs.msg import PointCloud2
from talus_core.schedule import Schedule
from talus_ros.vision.depth_intake_node import LATCHED_QOS, NEWEST_QOS

from talus_interfaces.msg import ElevationMap
from talus_map import conversions
from talus_map.config import MapNodeConfig
from talus_map.mapper import Mapper


class MapTopics:
    """Holds the publishers of the map: voxels in the map's frame, the ground in odom."""

    def __init__(self, node: Node, config: MapNodeConfig):
        self._map_frame = config.map_frame
        self._odometry_frame = config.odometry_frame
        self._elevation_due = Schedule(config.elevation_rate_hz)
        self._map_due = Schedule(config.map_rate_hz)
        create = node.create_publisher
        self._points = create(PointCloud2, "map/points", NEWEST_QOS)
        self._occupancy = create(OccupancyGrid, "map/occupancy", LATCHED_QOS)
        self._moving = create(PointCloud2, "map/moving", NEWEST_QOS)
        self._elevation = create(ElevationMap, "map/elevation", NEWEST_QOS)

    def publish(self, mapper: Mapper, time: float, feet: np.ndarray) -> None:
        """Publish what is due at the image's `time`, s; `feet` are (3,) m in odom."""
        header = conversions.header_of(time, self._odometry_frame)
        ground = float(feet[2])
        if mapper.moving:
            self._moving.publish(conversions.moving_message(header, mapper.moving, ground))
        if self._elevation_due.is_due(time):
            self._elevation.publish(conversions.elevation_message(header, mapper.elevation))
        if self._map_due.is_due(time):
            header = conversions.header_of(time, self._map_frame)
            ground = float(mapper.odom_in_map.apply(feet[None])[0, 2])
            self._points.publish(
                conversions.cloud_message(header, mapper.voxels.occupied_centres())
            )
            self._occupancy.publish(
                conversions.occupancy_message(header, mapper.occupancy(), ground)
            )
