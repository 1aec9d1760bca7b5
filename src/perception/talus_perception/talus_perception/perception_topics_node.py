# SPDX-License-Identifier: Apache-2.0
"""Publishes what the eyes follow, and pictures of what they see for those who ask."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np
from rclpy.node import Node
from rclpy.publisher import Publisher
from rclpy.qos import QoSProfile
from sensor_msgs.msg import Image, PointCloud2
from std_msgs.msg import Header
from visualization_msgs.msg import MarkerArray

from talus_interfaces.msg import DetectedObjectArray
from talus_perception.conversions import image_message
from talus_perception.model import EyesModel
from talus_perception.seeing import conversions
from talus_perception.seeing.lookout import CameraLook
from talus_perception.seeing.overlay import drawn
from talus_perception.tracking.track import TrackedObject

OBJECTS_QOS = QoSProfile(depth=2)
DETECTIONS_PACKAGE = "vision_msgs"  # of many ROS installations; the wheels lack it


class PerceptionTopics:
    """Holds the publishers of a model's words; without a model there are none."""

    def __init__(self, node: Node, frame: str, cameras: tuple[str, ...], eyes: EyesModel):
        """Open the topics; `objects/people` only where the model is trusted with people."""
        self._frame = frame
        self._surfaces = len(eyes.surfaces)
        create = node.create_publisher
        self._objects = create(DetectedObjectArray, "objects", OBJECTS_QOS)
        self._markers = create(MarkerArray, "objects/markers", OBJECTS_QOS)
        self._people: Publisher | None = None
        if "people" in eyes.trusted:
            self._people = create(PointCloud2, "objects/people", OBJECTS_QOS)
        self._detections: Detections | None = None
        if find_spec(DETECTIONS_PACKAGE) is not None:
            self._detections = Detections(node, import_module(f"{DETECTIONS_PACKAGE}.msg"))
        self._semantics: dict[str, Publisher] = {}
        self._overlays: dict[str, Publisher] = {}
        self._depths: dict[str, Publisher] = {}
        for name in cameras:
            self._semantics[name] = create(Image, f"camera/{name}/semantics", OBJECTS_QOS)
            self._overlays[name] = create(Image, f"camera/{name}/overlay", OBJECTS_QOS)
            self._depths[name] = create(Image, f"camera/{name}/depth/estimated", OBJECTS_QOS)

    def publish_objects(self, objects: list[TrackedObject], time: float, is_sound: bool) -> None:
        """Publish all that is followed at the instant of the newest picture, s.

        With a faulty camera (not `is_sound`) nothing is said of people: safety then keeps to
        whatever moves.
        """
        header = conversions.stamped_header(time, self._frame)
        self._objects.publish(conversions.objects_message(header, objects))
        if self._people is not None and is_sound:
            self._people.publish(conversions.people_message(header, objects))
        if self._markers.get_subscription_count():
            self._markers.publish(conversions.markers_message(header, objects))
        if self._detections is not None:
            self._detections.publish(header, objects)

    def publish_look(self, look: CameraLook, frame: str) -> None:
        """Publish the pictures of one look that somebody asks for; `frame`: the optical one."""
        name = look.glance.camera
        header = conversions.stamped_header(look.glance.time, frame)
        if self._semantics[name].get_subscription_count():
            classes = look.lens.restore(look.outputs.dense("semantics_class"))
            self._semantics[name].publish(conversions.plane_message(header, classes))
        if self._overlays[name].get_subscription_count():
            picture = drawn(look, self._surfaces)
            self._overlays[name].publish(image_message(header, picture))
        if self._depths[name].get_subscription_count() and look.glance.depth is not None:
            depth = look.lens.restore(np.asarray(look.glance.depth, np.float32))
            self._depths[name].publish(image_message(header, depth))


class Detections:
    """Publishes vision_msgs/Detection3DArray, where that package is installed."""

    def __init__(self, node: Node, messages: Any):
        """Take the package's messages: it may be missing, so that nothing here imports it."""
        self._messages = messages
        self._publisher = node.create_publisher(
            messages.Detection3DArray, "objects/detections", OBJECTS_QOS
        )

    def publish(self, header: Header, objects: list[TrackedObject]) -> None:
        """Publish all that is followed."""
        array = self._messages.Detection3DArray(header=header)
        array.detections = [self._detection(header, one) for one in objects]
        self._publisher.publish(array)

    def _detection(self, header: Header, one: TrackedObject) -> Any:
        detected = conversions.objects_message(header, [one]).objects[0]
        detection = self._messages.Detection3D(header=header, id=str(one.id))
        detection.bbox.center = detected.pose
        detection.bbox.size = detected.size
        result = self._messages.ObjectHypothesisWithPose()
        result.hypothesis.class_id = one.kind
        result.hypothesis.score = float(one.score)
        result.pose.pose = detected.pose
        result.pose.covariance = (float(one.deviation) ** 2 * np.eye(6)).ravel()
        detection.results = [result]
        return detection
