# SPDX-License-Identifier: Apache-2.0
"""Receives the age of tf and map, the robot's place, and what moves around the robot."""

from __future__ import annotations

import time

from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import PointCloud2
from talus_core.errors import RefusedInputError
from talus_core.robot import RobotDescription
from talus_ros.fast_link_node import FastLink
from tf2_msgs.msg import TFMessage

from talus_interfaces.msg import ElevationMap
from talus_safety.conversions import moving_bodies
from talus_safety.supervision.freshness import first_transform_of, link_names, stamp_of
from talus_safety.supervision.watch import Watch

TF_QOS = QoSProfile(depth=100)  # the depth that tf2 uses
NEWEST_FRAME_QOS = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)


class FrameInputs:
    """Passes frames and moving bodies to a watch; the loop that waits on `inputs` serves it."""

    def __init__(self, inputs: FastLink, watch: Watch, robot: RobotDescription):
        self._watch = watch
        self._sources = {
            **dict.fromkeys(link_names(robot.urdf), "joints"),
            robot.frames["base"]: "base",
        }
        inputs.subscribe(TFMessage, "tf", self._on_transforms, TF_QOS, raw=True)
        inputs.subscribe(ElevationMap, "map/elevation", self._on_map, NEWEST_FRAME_QOS, raw=True)
        inputs.subscribe(PointCloud2, "map/moving", self._on_moving, NEWEST_FRAME_QOS)
        # Only the eyes' own word: nobody else may silence the map's.
        inputs.subscribe(
            PointCloud2, "objects/people", self._on_people, NEWEST_FRAME_QOS, owner="perception"
        )

    def _on_transforms(self, data: bytes) -> None:
        first = first_transform_of(data)
        if first is None:
            raise RefusedInputError(f"{len(data)} bytes without a transform")
        frame, stamp, place = first
        self._watch.on_frame(self._sources.get(frame, ""), stamp, time.monotonic(), place)

    def _on_map(self, data: bytes) -> None:
        stamp = stamp_of(data)
        if stamp is None:
            raise RefusedInputError(f"{len(data)} bytes without a header")
        self._watch.on_frame("map", stamp, time.monotonic())

    def _on_moving(self, message: PointCloud2) -> None:
        self._watch.on_moving(*moving_bodies(message))

    def _on_people(self, message: PointCloud2) -> None:
        self._watch.on_people(*moving_bodies(message))
