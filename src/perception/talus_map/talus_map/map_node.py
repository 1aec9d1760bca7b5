# SPDX-License-Identifier: Apache-2.0
"""Fuses depth images, placed by tf, into the map and publishes it in three forms."""

from __future__ import annotations

from functools import partial
from threading import Event, Lock

import rclpy
from std_srvs.srv import Trigger
from talus_core.vision.depth_inbox import DepthInbox
from talus_core.vision.depth_view import DepthView
from talus_core.vision.self_filter import SelfFilter
from talus_ros.diagnostics_node import OK, WARN, DiagnosticsPublisher
from talus_ros.fast_link_node import FastLink
from talus_ros.heartbeat_node import HeartbeatThread
from talus_ros.intake.intake_node import intakes_of
from talus_ros.parameters_node import declare_config, given_parameters
from talus_ros.run_node import ExecutorThread, run_node
from talus_ros.vision.depth_intake_node import DepthIntake

from talus_interfaces.srv import MapFile
from talus_map import conversions
from talus_map.config import MapNodeConfig, with_cameras_of_robot
from talus_map.loops.choice import slow_reason
from talus_map.map_topics_node import MapTopics
from talus_map.mapper import Mapper
from talus_map.status import status_of
from talus_map.voxels import store


class MapNode:
    """Fuses depth images once tf knows their instants; publishes at rates of the images' time."""

    def __init__(self):
        self._node = rclpy.create_node("map")
        given = with_cameras_of_robot(given_parameters(self._node))
        self._config = declare_config(self._node, MapNodeConfig, given)
        self._mapper = Mapper(self._config.map)
        if slow := slow_reason():
            self._node.get_logger().warning(slow)
        self._lock = Lock()  # guards the mapper: services run beside the main loop
        self._inbox = DepthInbox(
            self._config.odometry_frame, self._config.footprint_frame, self._config.most_hz
        )
        self._diagnostics = DiagnosticsPublisher(self._node)
        self._beat = HeartbeatThread(self._node, "map")
        self._link = FastLink(self._node)
        self._intakes = intakes_of(self._node)
        self._executor: ExecutorThread | None = None
        self._topics = MapTopics(self._node, self._config)
        self._intake = DepthIntake(
            self._link, self._inbox, self._config.depth_cameras, self._on_body
        )
        self._serve()

    def run(self, ended: Event) -> None:
        """Fuse and publish until `ended` is set."""
        self._executor = ExecutorThread(self._node, ended, on_error=self._link.wake)
        while not ended.is_set():
            self._link.wait(0.05)
            self._intakes.attempt("depth images", self._fuse_ready)
            if self._inbox.is_empty:
                self._beat.sequence = self._intake.newest_state
        self._executor.raise_error()

    def close(self) -> None:
        """End the threads of the node."""
        self._beat.close()
        if self._executor is not None:
            self._executor.close()

    def _serve(self) -> None:
        serve = self._intakes.serve
        serve(Trigger, "map/clear", self._clear)
        serve(MapFile, "map/save", self._save)
        serve(MapFile, "map/load", self._load)
        self._node.create_timer(1.0, self._diagnose)

    def _fuse_ready(self) -> None:
        """Fuse the images whose frames are known; one of them that fails takes no other with it."""
        with self._lock:
            for view in self._inbox.take_ready():
                self._intakes.attempt("depth images", partial(self._fuse, view))

    def _fuse(self, view: DepthView) -> None:
        config = self._config
        odom_in_map = self._inbox.frames.newest(config.map_frame, config.odometry_frame)
        if odom_in_map is not None:  # until a localiser speaks, both frames are one
            self._mapper.odom_in_map = odom_in_map
        self._mapper.integrate(view)
        self._topics.publish(self._mapper, view.time, view.feet)

    def _on_body(self, body: SelfFilter) -> None:
        self._mapper.self_filter = body

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
    """Run the node as a process."""
    return run_node(MapNode)
