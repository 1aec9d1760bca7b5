# SPDX-License-Identifier: Apache-2.0
"""Subscribes to what a node needs that looks at depth images: cameras, frames, the robot's body."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from rclpy.qos import DurabilityPolicy, QoSProfile
from sensor_msgs.msg import CameraInfo, Image
from std_msgs.msg import String
from talus_core.vision.depth_inbox import DepthInbox
from talus_core.vision.self_filter import SelfFilter
from tf2_msgs.msg import TFMessage

from talus_interfaces.msg import SimulatorState
from talus_ros.fast_link_node import FastLink
from talus_ros.vision.conversions import depth_image_of, pinhole_of, store_transforms

IMAGES_QOS = QoSProfile(depth=6)  # of one camera: half a second
FRAMES_QOS = QoSProfile(depth=100)  # depth that tf2 uses
STATIC_FRAMES_QOS = QoSProfile(depth=100, durability=DurabilityPolicy.TRANSIENT_LOCAL)
LATCHED_QOS = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
NEWEST_QOS = QoSProfile(depth=1)


class DepthIntake:
    """Fills an inbox; the loop that waits on the link serves it.

    Attributes:
        inbox: Where images wait for their frames.
        newest_state: Number of the simulator's newest state, for the heartbeat: a node has done
            with it once no image waits.
    """

    def __init__(
        self,
        link: FastLink,
        inbox: DepthInbox,
        cameras: Sequence[str],
        on_body: Callable[[SelfFilter], None],
        after_frames: Callable[[], None] = lambda: None,
    ):
        """Subscribe through `link`.

        Args:
            link: Of the node.
            inbox: What is filled.
            cameras: Names of depth cameras.
            on_body: Hears the shapes of the robot, whenever its description comes.
            after_frames: Called after every message of moving frames.
        """
        self.inbox = inbox
        self.newest_state = 0
        self._on_body = on_body
        self._after_frames = after_frames
        subscribe = link.subscribe
        subscribe(TFMessage, "tf", self._on_frames, FRAMES_QOS)
        subscribe(TFMessage, "tf_static", self._on_static_frames, STATIC_FRAMES_QOS)
        subscribe(
            String,
            "robot_description",
            self._on_description,
            LATCHED_QOS,
            owner="robot_state_publisher",
        )
        subscribe(SimulatorState, "sim/state", self._on_simulator_state, NEWEST_QOS)
        for name in cameras:
            subscribe(
                CameraInfo, f"camera/{name}/camera_info", partial(self._on_camera, name), NEWEST_QOS
            )
            subscribe(
                Image, f"camera/{name}/depth/image_raw", partial(self._on_image, name), IMAGES_QOS
            )

    def _on_frames(self, message: TFMessage) -> None:
        store_transforms(message, self.inbox.frames, is_static=False)
        self._after_frames()

    def _on_static_frames(self, message: TFMessage) -> None:
        store_transforms(message, self.inbox.frames, is_static=True)

    def _on_description(self, message: String) -> None:
        body = SelfFilter.from_urdf(message.data)
        self._on_body(body)
        self.inbox.links = body.links

    def _on_camera(self, name: str, message: CameraInfo) -> None:
        self.inbox.put_camera(name, pinhole_of(message))

    def _on_image(self, name: str, message: Image) -> None:
        self.inbox.put_image(depth_image_of(name, message))

    def _on_simulator_state(self, message: SimulatorState) -> None:
        self.newest_state = message.sequence
