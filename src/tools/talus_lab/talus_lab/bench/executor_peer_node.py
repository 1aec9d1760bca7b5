# SPDX-License-Identifier: Apache-2.0
"""Answers and measures round trips as a plain rclpy node does: message objects and an executor."""

from __future__ import annotations

from array import array

from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from talus_ros.fast_link_node import FAST_QOS

from talus_interfaces import msg

MESSAGE_JOINTS = 40  # of talus40


class ExecutorPeer:
    """Speaks in message objects, through rclpy's SingleThreadedExecutor."""

    def __init__(self, node: Node):
        self._node = node
        self._newest = -1
        self._executor = SingleThreadedExecutor(context=node.context)
        self._executor.add_node(node)
        self._array = array("d", [0.0] * MESSAGE_JOINTS)

    def be_measured(self) -> None:
        """Publish states, hear commands."""
        self._publisher = self._node.create_publisher(msg.RobotState, "robot_state", FAST_QOS)
        self._node.create_subscription(
            msg.JointCommand, "joint_command", self._on_command, FAST_QOS
        )

    def be_echo(self) -> None:
        """Answer states with commands."""
        self._publisher = self._node.create_publisher(msg.JointCommand, "joint_command", FAST_QOS)
        self._node.create_subscription(msg.RobotState, "robot_state", self._on_state, FAST_QOS)

    def send(self, sequence: int) -> None:
        """Publish one state."""
        a = self._array
        self._publisher.publish(msg.RobotState(sequence=sequence, position=a, velocity=a, effort=a))

    def wait(self, timeout: float) -> int:
        """Serve the topics; return the newest sequence that came."""
        self._executor.spin_once(timeout_sec=timeout)
        return self._newest

    def _on_command(self, message: msg.JointCommand) -> None:
        self._newest = message.sequence

    def _on_state(self, message: msg.RobotState) -> None:
        self._newest = message.sequence
        p = message.position
        answer = msg.JointCommand(
            sequence=message.sequence, position=p, velocity=p, effort=p, kp=p, kd=p
        )
        self._publisher.publish(answer)
