# SPDX-License-Identifier: Apache-2.0
"""Looks through all cameras and publishes what is around the robot."""

from __future__ import annotations

from functools import partial
from threading import Event

import rclpy
from rclpy.qos import DurabilityPolicy, QoSProfile
from sensor_msgs.msg import CameraInfo, Image
from talus_core.errors import RefusedInputError, TalusError
from talus_core.physics import NANOSECONDS_PER_SECOND
from talus_ros.cdr import HEADER
from talus_ros.conversions import deserialised
from talus_ros.diagnostics_node import OK, WARN, DiagnosticsPublisher
from talus_ros.fast_link_node import FastLink
from talus_ros.heartbeat_node import HeartbeatThread
from talus_ros.intake.intake_node import intakes_of
from talus_ros.parameters_node import declare_config
from talus_ros.run_node import ExecutorThread, run_node
from talus_ros.stamped import STAMP
from tf2_msgs.msg import TFMessage

from talus_interfaces.msg import SimulatorState
from talus_perception.camera_model import chosen, load_cameras
from talus_perception.config import PerceptionConfig
from talus_perception.perception_topics_node import PerceptionTopics
from talus_perception.seeing import conversions
from talus_perception.seeing.lookout import CameraLook, Lookout
from talus_perception.seeing.sight import Sight, open_sight
from talus_perception.seeing.status import status_of

PICTURES_QOS = QoSProfile(depth=4)
TREE_QOS = QoSProfile(depth=100)  # depth that tf2 uses
STATIC_TREE_QOS = QoSProfile(depth=100, durability=DurabilityPolicy.TRANSIENT_LOCAL)
INFO_STARTS_AT = len(HEADER) + STAMP.size  # bytes of a camera_info that change with each picture


class PerceptionNode:
    """Reads the pictures that are due, looks, follows, publishes; hears none without a network."""

    def __init__(self) -> None:
        self._node = rclpy.create_node("perception")
        self._config = declare_config(self._node, PerceptionConfig)
        robots = load_cameras(self._config.robot)
        cameras = chosen(robots, self._config.cameras) if self._config.cameras else robots
        self._names = tuple(camera.name for camera in cameras)
        self._frames = {camera.name: camera.optical_frame for camera in cameras}
        self._blind_because = ""
        self._sight = self._open()
        self._eyes = Lookout(self._config, self._names, self._sight)
        self._topics: PerceptionTopics | None = None
        if self._sight is not None:
            self._topics = PerceptionTopics(
                self._node, self._config.odometry_frame, self._names, self._sight.eyes
            )
        # Number of the simulator's newest state; the heartbeat tells it once no picture waits.
        self._newest_state = 0
        self._infos: dict[str, bytes] = {}
        self._diagnostics = DiagnosticsPublisher(self._node)
        self._node.create_timer(1.0, self._diagnose)
        self._beat = HeartbeatThread(self._node, "perception")
        self._link = FastLink(self._node)
        self._intakes = intakes_of(self._node)
        self._executor: ExecutorThread | None = None
        self._subscribe()

    def run(self, ended: Event) -> None:
        """Look and publish until `ended` is set."""
        self._executor = ExecutorThread(self._node, ended, on_error=self._link.wake)
        while not ended.is_set():
            self._link.wait(0.05)
            self._intakes.attempt("pictures", self._look)
            if self._eyes.inbox.is_empty:
                self._beat.sequence = self._newest_state
        self._executor.raise_error()

    def close(self) -> None:
        """End the threads of the node."""
        self._beat.close()
        if self._executor is not None:
            self._executor.close()

    def _open(self) -> Sight | None:
        """Return the network, or none: the robot then sees without, and says so."""
        if not self._config.model:
            return None
        try:
            return open_sight(self._config.model)
        except TalusError as error:
            self._blind_because = str(error)
            self._node.get_logger().error(self._blind_because)
            return None

    def _subscribe(self) -> None:
        subscribe = self._link.subscribe
        subscribe(SimulatorState, "sim/state", self._on_simulator_state, QoSProfile(depth=1))
        if self._sight is None and not self._config.watches_without_model:
            return
        subscribe(TFMessage, "tf", partial(self._on_frames, is_static=False), TREE_QOS)
        subscribe(TFMessage, "tf_static", partial(self._on_frames, is_static=True), STATIC_TREE_QOS)
        for name in self._names:
            on_info = partial(self._on_info, name)
            subscribe(CameraInfo, f"camera/{name}/camera_info", on_info, PICTURES_QOS, raw=True)
            on_picture = partial(self._on_picture, name)
            subscribe(Image, f"camera/{name}/image_raw", on_picture, PICTURES_QOS, raw=True)

    def _on_simulator_state(self, message: SimulatorState) -> None:
        self._newest_state = message.sequence

    def _on_frames(self, message: TFMessage, is_static: bool) -> None:
        conversions.store_frames(message, self._eyes.inbox.frames, is_static)

    def _on_info(self, name: str, data: bytes) -> None:
        if self._infos.get(name) == data[INFO_STARTS_AT:]:
            return
        message = deserialised(CameraInfo, data)
        self._eyes.put_calibration(name, conversions.calibration_of(message))
        self._infos[name] = data[INFO_STARTS_AT:]

    def _on_picture(self, name: str, data: bytes) -> None:
        """Read a picture only where its turn has come: its stamp costs a thousandth of it."""
        if len(data) < INFO_STARTS_AT:
            raise RefusedInputError(f"{len(data)} bytes that are no Image")
        whole, nano = STAMP.unpack_from(data, len(HEADER))
        if self._eyes.wants(name, whole + nano / NANOSECONDS_PER_SECOND):
            message = deserialised(Image, data)
            self._eyes.inbox.put(conversions.picture_of(name, message))

    def _look(self) -> None:
        """Look at all pictures that are ready; one that fails takes no other with it."""
        looks = 0
        for look in self._eyes.looks():
            looks += 1
            self._intakes.attempt("pictures", partial(self._show, look))
        if looks and self._topics is not None:
            is_sound = not self._eyes.health.faults(self._eyes.inbox.now)
            self._topics.publish_objects(self._eyes.objects(), self._eyes.time, is_sound)

    def _show(self, look: CameraLook) -> None:
        if self._topics is not None:
            self._topics.publish_look(look, self._frames[look.glance.camera])

    def _diagnose(self) -> None:
        status = status_of(self._eyes, self._sight, self._blind_because)
        level = OK if status.is_well else WARN
        now = self._node.get_clock().now().to_msg()
        self._diagnostics.publish(now, level, status.message, status.values)


def main() -> int:
    """Run the node as a process."""
    return run_node(PerceptionNode)
