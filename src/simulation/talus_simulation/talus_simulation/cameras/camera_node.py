# SPDX-License-Identifier: Apache-2.0
"""Run the simulated cameras: render published states, so that control never waits."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Event

import numpy as np
import rclpy
from rclpy.node import Node
from rclpy.publisher import Publisher
from rclpy.qos import QoSProfile
from sensor_msgs.msg import CameraInfo, Image
from talus_core.schedule import Schedule
from talus_perception.camera_model import Camera, load_cameras
from talus_perception.conversions import camera_info_message, image_message, seconds
from talus_ros.conversions import deserialised
from talus_ros.diagnostics_node import OK, DiagnosticsPublisher
from talus_ros.fast_link_node import FastLink
from talus_ros.heartbeat_node import HeartbeatThread
from talus_ros.parameters_node import declare_config
from talus_ros.run_node import ExecutorThread, run_node

from talus_interfaces.msg import SimulatorState
from talus_simulation.cameras.config import CameraConfig
from talus_simulation.cameras.depth_noise import NoisyDepth
from talus_simulation.cameras.rendering import load_renderer
from talus_simulation.conversions import qpos_of

# more than a simulator in lock-step lets wait: 150 ms at 30 Hz
MOST_WAITING_STATES = 8
CAMERA_IMAGE_QOS = QoSProfile(depth=4)  # reliable, since RViz and others ask for it


@dataclass(frozen=True)
class CameraPublishers:
    """Holds the topics of one camera; `depth` is None where it has none."""

    camera: Camera
    info_message: CameraInfo
    image: Publisher
    info: Publisher
    depth: Publisher | None

    @staticmethod
    def create(node: Node, camera: Camera) -> CameraPublishers:
        """Open the topics camera/<name>/..."""
        base = f"camera/{camera.name}"
        depth = f"{base}/depth/image_raw" if camera.has_depth else None
        return CameraPublishers(
            camera=camera,
            info_message=camera_info_message(camera),
            image=node.create_publisher(Image, f"{base}/image_raw", CAMERA_IMAGE_QOS),
            info=node.create_publisher(CameraInfo, f"{base}/camera_info", CAMERA_IMAGE_QOS),
            depth=node.create_publisher(Image, depth, CAMERA_IMAGE_QOS) if depth else None,
        )

    @property
    def wants_colour(self) -> bool:
        """Whether somebody subscribes to the pictures."""
        return self.image.get_subscription_count() > 0

    @property
    def wants_depth(self) -> bool:
        """Whether somebody subscribes to the depths."""
        return self.depth is not None and self.depth.get_subscription_count() > 0


class CameraNode:
    """Renders what somebody subscribes to, at the configured rate of simulated time."""

    def __init__(self):
        self._node = rclpy.create_node("camera")
        self._config = declare_config(self._node, CameraConfig)
        cameras = load_cameras(self._config.robot)
        self._renderer = load_renderer(
            self._config.robot, self._config.world, self._config.worlds, cameras
        )
        self._publishers = [CameraPublishers.create(self._node, camera) for camera in cameras]
        self._noise = NoisyDepth(self._config.depth_noise, self._config.seed)
        self._schedule = Schedule(self._config.rate_hz)
        self._pictures = 0
        self._diagnostics = DiagnosticsPublisher(self._node)
        self._node.create_timer(1.0, self._diagnose)
        self._beat = HeartbeatThread(self._node, "camera")
        self._link = FastLink(self._node)
        self._link.subscribe_loop(
            SimulatorState, "sim/state", self._read, self._serve, MOST_WAITING_STATES
        )
        self._executor: ExecutorThread | None = None

    def run(self, ended: Event) -> None:
        """Serve states until `ended`."""
        self._executor = ExecutorThread(self._node, ended, on_error=self._link.wake)
        while not ended.is_set():
            self._link.wait(0.05)
        self._executor.raise_error()

    def close(self) -> None:
        """End the threads and free the rendering context."""
        self._beat.close()
        if self._executor is not None:
            self._executor.close()
        self._renderer.close()

    def _read(self, data: bytes) -> tuple[SimulatorState, np.ndarray]:
        state: SimulatorState = deserialised(SimulatorState, data)
        return state, qpos_of(state, self._renderer.position_size)

    def _serve(self, read: tuple[SimulatorState, np.ndarray]) -> None:
        state, qpos = read
        if self._schedule.is_due(seconds(state.stamp)):
            self._beat.busy = True
            self._renderer.pose(qpos)
            for publishers in self._publishers:
                self._publish(publishers, state)
            self._beat.busy = False
        self._beat.sequence = state.sequence

    def _publish(self, to: CameraPublishers, state: SimulatorState) -> None:
        to.info_message.header.stamp = state.stamp
        if to.info.get_subscription_count():
            to.info.publish(to.info_message)
        wants_colour = to.wants_colour
        wants_depth = to.wants_depth
        if not wants_colour and not wants_depth:
            return
        colour, depth = self._renderer.render(to.camera.name, to.camera.pinhole, wants_colour)
        if colour is not None:
            to.image.publish(image_message(to.info_message.header, colour))
        if wants_depth and to.depth is not None:
            to.depth.publish(image_message(to.info_message.header, self._noise.measured(depth)))
        self._pictures += 1

    def _diagnose(self) -> None:
        watched = [p.camera.name for p in self._publishers if p.wants_colour or p.wants_depth]
        values = {"pictures": self._pictures, "watched": " ".join(watched)}
        self._diagnostics.publish(self._node.get_clock().now().to_msg(), OK, "rendering", values)


def main() -> int:
    """Start the camera process: the entry point `camera_node`."""
    return run_node(CameraNode)
