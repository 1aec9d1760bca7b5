# SPDX-License-Identifier: Apache-2.0
"""Publishes the map in its forms, each at its own rate of the images' time."""

from __future__ import annotations

from nav_msgs.msg import OccupancyGrid
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile
from sensor_msgs.msg import PointCloud2
from talus_core.schedule import Schedule
from tf2_msgs.msg import TFMessage

from talus_interfaces.msg import ElevationMap
from talus_map import conversions
from talus_map.config import MapNodeConfig
from talus_map.mapper import Mapper

MAP_QOS = QoSProfile(depth=1)
LATCHED_QOS = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)


class MapTopics:
    """Holds the publishers of the map, and says once where `odom` is in the map."""

    def __init__(self, node: Node, config: MapNodeConfig):
        self._frame = config.odometry_frame
        self._elevation_due = Schedule(config.elevation_rate_hz)
        self._map_due = Schedule(config.map_rate_hz)
        create = node.create_publisher
        self._points = create(PointCloud2, "map/points", MAP_QOS)
        self._occupancy = create(OccupancyGrid, "map/occupancy", LATCHED_QOS)
        self._moving = create(PointCloud2, "map/moving", MAP_QOS)
        self._elevation = create(ElevationMap, "map/elevation", MAP_QOS)
        self._static = create(TFMessage, "tf_static", LATCHED_QOS)
        self._static.publish(conversions.identity_message(config.map_frame, config.odometry_frame))

    def publish(self, mapper: Mapper, time: float, ground: float) -> None:
        """Publish what is due at the image's `time`, s; `ground` is the feet's height, m."""
        header = conversions.header_of(time, self._frame)
        if mapper.moving:
            self._moving.publish(conversions.moving_message(header, mapper.moving, ground))
        if self._elevation_due.is_due(time):
            self._elevation.publish(conversions.elevation_message(header, mapper.elevation))
        if self._map_due.is_due(time):
            self._points.publish(
                conversions.cloud_message(header, mapper.voxels.occupied_centres())
            )
            self._occupancy.publish(
                conversions.occupancy_message(header, mapper.occupancy(), ground)
            )
