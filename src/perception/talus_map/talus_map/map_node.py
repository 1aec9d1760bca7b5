# SPDX-License-Identifier: Apache-2.0
"""The map: fuses what the depth cameras see, where tf says they were, and publishes it in three
forms.
"""

from __future__ import annotations

from functools import partial
from threading import Event, Lock

import rclpy
from nav_msgs.msg import OccupancyGrid
from rclpy.qos import DurabilityPolicy, QoSProfile
from sensor_msgs.msg import CameraInfo, Image, PointCloud2
from std_msgs.msg import String
from std_srvs.srv import Trigger
from talus_core.schedule import Schedule
from talus_core.transform_buffer import TransformError
from talus_ros.diagnostics_node import OK, WARN, DiagnosticsPublisher
from talus_ros.fast_link_node import FastLink
from talus_ros.heartbeat_node import HeartbeatThread
from talus_ros.parameters_node import declare_config
from talus_ros.run_node import ExecutorThread, run_node
from tf2_msgs.msg import TFMessage

from talus_interfaces.msg import ElevationMap, SimulatorState
from talus_interfaces.srv import MapFile
from talus_map import conversions
from talus_map.config import MapNodeConfig
from talus_map.mapper import Mapper
from talus_map.status import status_of
from talus_map.views.inbox import DepthInbox
from talus_map.views.self_filter import SelfFilter
from talus_map.voxels import store

NEWEST_QOS = QoSProfile(depth=1)
IMAGES_QOS = QoSProfile(depth=6)  # of one camera: half a second
LATCHED_QOS = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
FRAMES_QOS = QoSProfile(depth=100)  # as tf2 asks for
STATIC_FRAMES_QOS = QoSProfile(depth=100, durability=DurabilityPolicy.TRANSIENT_LOCAL)


class MapNode:
    """Fuses each depth image once tf knows the instant it was taken; publishes at rates of the
    images' time.
    """

    def __init__(self):
        self._node = rclpy.create_node("map")
        self._config = declare_config(self._node, MapNodeConfig)
        self._mapper = Mapper(self._config.map)
        self._lock = Lock()  # of the mapper: services run beside the main loop
        self._inbox = DepthInbox(
            self._config.odometry_frame, self._config.footprint_frame, self._config.most_hz
        )
        self._newest_state = 0  # of a simulator; in lock-step it waits while images wait here
        self._elevation_due = Schedule(self._config.elevation_rate_hz)
        self._map_due = Schedule(self._config.map_rate_hz)
        self._diagnostics = DiagnosticsPublisher(self._node)
        self._beat = HeartbeatThread(self._node, "map")
        self._link = FastLink(self._node)
        self._executor: ExecutorThread | None = None
        self._publish_topics()
        self._serve_and_subscribe()

    def run(self, ended: Event) -> None:
        """Fuse and publish until `ended`."""
        self._executor = ExecutorThread(self._node, ended, on_error=self._link.wake)
        while not ended.is_set():
            self._link.wait(0.05)
            with self._lock:
                for view in self._inbox.take_ready():
                    self._mapper.integrate(view)
                    self._publish(view.time, float(view.feet[2]))
            if self._inbox.is_empty:
                self._beat.sequence = self._newest_state
        self._executor.raise_error()

    def close(self) -> None:
        """End the threads."""
        self._beat.close()
        if self._executor is not None:
            self._executor.close()

    def _publish_topics(self) -> None:
        create = self._node.create_publisher
        self._points = create(PointCloud2, "map/points", NEWEST_QOS)
        self._occupancy = create(OccupancyGrid, "map/occupancy", LATCHED_QOS)
        self._moving = create(PointCloud2, "map/moving", NEWEST_QOS)
        self._elevation = create(ElevationMap, "map/elevation", NEWEST_QOS)
        self._static = create(TFMessage, "tf_static", LATCHED_QOS)
        self._static.publish(
            conversions.identity_message(self._config.map_frame, self._config.odometry_frame)
        )

    def _serve_and_subscribe(self) -> None:
        self._node.create_service(Trigger, "map/clear", self._clear)
        self._node.create_service(MapFile, "map/save", self._save)
        self._node.create_service(MapFile, "map/load", self._load)
        self._node.create_timer(1.0, self._diagnose)
        subscribe = self._link.subscribe
        subscribe(TFMessage, "tf", partial(self._on_frames, is_static=False), FRAMES_QOS)
        subscribe(
            TFMessage, "tf_static", partial(self._on_frames, is_static=True), STATIC_FRAMES_QOS
        )
        subscribe(String, "robot_description", self._on_description, LATCHED_QOS)
        subscribe(SimulatorState, "sim/state", self._on_simulator_state, NEWEST_QOS)
        for name in self._config.depth_cameras:
            subscribe(
                CameraInfo,
                f"camera/{name}/camera_info",
                partial(self._on_camera, name),
                NEWEST_QOS,
            )
            subscribe(
                Image, f"camera/{name}/depth/image_raw", partial(self._on_image, name), IMAGES_QOS
            )

    def _on_frames(self, message: TFMessage, is_static: bool) -> None:
        try:
            conversions.store_transforms(message, self._inbox.frames, is_static)
        except TransformError:
            self._inbox.refused += 1

    def _on_description(self, message: String) -> None:
        self._mapper.self_filter = SelfFilter.from_urdf(message.data)
        self._inbox.links = self._mapper.self_filter.links

    def _on_camera(self, name: str, message: CameraInfo) -> None:
        self._inbox.put_camera(name, conversions.pinhole_of(message))

    def _on_image(self, name: str, message: Image) -> None:
        self._inbox.put_image(conversions.depth_image_of(name, message))

    def _on_simulator_state(self, message: SimulatorState) -> None:
        self._newest_state = message.sequence

    def _publish(self, time: float, ground: float) -> None:
        header = conversions.header_of(time, self._config.odometry_frame)
        if self._mapper.moving:
            self._moving.publish(conversions.moving_message(header, self._mapper.moving, ground))
        if self._elevation_due.is_due(time):
            self._elevation.publish(conversions.elevation_message(header, self._mapper.elevation))
        if self._map_due.is_due(time):
            self._points.publish(
                conversions.cloud_message(header, self._mapper.voxels.occupied_centres())
            )
            self._occupancy.publish(
                conversions.occupancy_message(header, self._mapper.occupancy(), ground)
            )

    def _clear(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        with self._lock:
            self._mapper.clear()
        response.success = True
        response.message = "the map is empty"
        return response

    def _save(self, request: MapFile.Request, response: MapFile.Response) -> MapFile.Response:
        with self._lock:
            return conversions.answered(
                response, partial(store.save, self._mapper.voxels, request.path), "saved"
            )

    def _load(self, request: MapFile.Request, response: MapFile.Response) -> MapFile.Response:
        with self._lock:
            return conversions.answered(
                response, partial(store.load, self._mapper.voxels, request.path), "loaded"
            )

    def _diagnose(self) -> None:
        status = status_of(self._mapper, self._inbox)
        level = OK if status.is_well else WARN
        self._diagnostics.publish(
            self._node.get_clock().now().to_msg(), level, status.message, status.values
        )


def main() -> int:
    """Entry point."""
    return run_node(MapNode)
