# SPDX-License-Identifier: Apache-2.0
"""Publishes the robot's description and the frames of its links, as the standard node does."""

from __future__ import annotations

from threading import Event
from typing import Any

from rcl_interfaces.msg import FloatingPointRange, ParameterDescriptor, SetParametersResult
from rclpy.parameter import Parameter
from rclpy.qos import DurabilityPolicy, QoSProfile
from sensor_msgs.msg import JointState
from std_msgs.msg import String
from talus_ros.fast_link_node import FastLink
from talus_ros.run_node import create_clockless_node, run_node, serve_link
from tf2_msgs.msg import TFMessage

from robot_state_publisher.conversions import transform_message
from robot_state_publisher.stream import TransformStream
from robot_state_publisher.urdf import UrdfError, parse_joints

LAST_QOS = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
JOINT_STATES_QOS = QoSProfile(depth=10)
TF_DEPTH = 100  # as tf2_ros has it
FREQUENCIES_HZ = FloatingPointRange(from_value=0.0, to_value=1000.0)  # the standard node's bounds


class RobotStatePublisher:
    """Sends `tf_static` once, and `tf` with joint states at `publish_frequency` at most."""

    def __init__(self):
        self._node = create_clockless_node("robot_state_publisher")
        self._description = self._node.create_publisher(String, "robot_description", LAST_QOS)
        self._tf_static = self._node.create_publisher(TFMessage, "tf_static", LAST_QOS)
        self._tf = self._node.create_publisher(TFMessage, "tf", TF_DEPTH)
        self._declare_parameters()
        self._set_robot(self._node.get_parameter("robot_description").value)
        self._node.add_on_set_parameters_callback(self._on_parameters)
        self._link = FastLink(self._node)
        self._link.subscribe(
            JointState, "joint_states", self._on_joint_states, JOINT_STATES_QOS, raw=True
        )

    def run(self, ended: Event) -> None:
        """Serve joint states here, and parameters beside, until `ended`."""
        serve_link(self._node, self._link, ended)

    def close(self) -> None:
        """Leave the graph."""
        self._node.destroy_node()

    def _declare_parameters(self) -> None:
        def declare(name: str, default: object, description: str, **more: object) -> Any:
            return self._node.declare_parameter(
                name, default, ParameterDescriptor(description=description, **more)
            ).value

        declare("robot_description", "", "URDF, as text")
        self._interval = _interval(
            declare(
                "publish_frequency",
                20.0,
                "transforms a second, at most",
                floating_point_range=[FREQUENCIES_HZ],
            )
        )
        self._ignores_timestamp = declare(
            "ignore_timestamp", False, "publish for every joint state, whatever its stamp"
        )
        self._prefix = declare("frame_prefix", "", "put before every frame name", read_only=True)

    def _set_robot(self, urdf: str) -> None:
        """Publish another robot's description and fixed frames. Raises UrdfError."""
        joints = parse_joints(urdf)
        self._stream = TransformStream(joints, self._prefix)
        fixed = [joint for joint in joints if joint.kind == "fixed"]
        self._tf_static.publish(transform_message(fixed, self._prefix))
        self._description.publish(String(data=urdf))

    def _on_parameters(self, parameters: list[Parameter]) -> SetParametersResult:
        for parameter in parameters:
            if parameter.name == "robot_description":
                try:
                    self._set_robot(parameter.value)
                except UrdfError as error:
                    return SetParametersResult(successful=False, reason=str(error))
            elif parameter.name == "publish_frequency":
                self._interval = _interval(parameter.value)
            elif parameter.name == "ignore_timestamp":
                self._ignores_timestamp = parameter.value
        return SetParametersResult(successful=True)

    def _on_joint_states(self, data: bytes) -> None:
        interval = 0.0 if self._ignores_timestamp else self._interval
        transforms = self._stream.transforms(data, interval)
        if transforms is not None:
            self._tf.publish(transforms)


def _interval(frequency: float) -> float:
    """Return the seconds between transforms, less a tenth for the unevenness of stamps.

    0 Hz means every joint state.
    """
    return 0.9 / frequency if frequency > 0.0 else 0.0


def main() -> int:
    """Run until a signal; exit code 2 for a robot description that cannot be used."""
    return run_node(RobotStatePublisher)
