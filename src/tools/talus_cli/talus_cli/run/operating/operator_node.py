# SPDX-License-Identifier: Apache-2.0
"""Hears public topics for the operator, calls services, publishes velocities and gaze."""

from __future__ import annotations

from collections.abc import Callable, Collection

import rclpy
from geometry_msgs.msg import PointStamped, TwistStamped
from rclpy.client import Client
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rclpy.signals import SignalHandlerOptions
from rclpy.task import Future
from std_srvs.srv import Trigger
from talus_core.graph.contract import Topic, speaker_of
from talus_ros.fast_link_node import FastLink
from talus_ros.intake.executor_node import IntakeExecutor
from talus_ros.intake.intake_node import intakes_of

from talus_cli.run.operating import conversions as convert
from talus_cli.run.operating.heard_node import decoded_topics
from talus_cli.run.operating.inbox import MessageInbox
from talus_cli.run.operating.observation import (
    Action,
    HeardGate,
    Reply,
    ServiceCall,
    WalkingVelocity,
)

CALLED_SERVICES = ("safety/arm", "safety/stop", "balance/stand")
# Best effort meets every publisher; the queue holds what the fastest counted topic (500 Hz) sends
# in 0.2 s.
LISTENER_QOS = QoSProfile(depth=100, reliability=ReliabilityPolicy.BEST_EFFORT)
# Read by the operator beside what the contract promises.
INTERNAL_TOPICS = (
    Topic("gate/state", "talus_interfaces/GateState"),
    Topic("balance/state", "talus_interfaces/BalanceState"),
)
# Counted by the sequence numbers in `gate/state`: listening to them would slow the robot down.
TOPICS_COUNTED_BY_SEQUENCE = ("robot_state", "joint_command")


class OperatorNode:
    """Holds everything of ROS that a run needs; used from one thread."""

    def __init__(self, topics: list[Topic], joints: Collection[str], note: Callable[[str], None]):
        """Join the graph.

        Args:
            topics: What to count and to wait for.
            joints: Names of the robot's joints.
            note: Shows a line that a person should read.
        """
        rclpy.init(args=[], signal_handler_options=SignalHandlerOptions.NO)
        self._node = rclpy.create_node("operator")
        self._link = FastLink(self._node)
        intakes = intakes_of(self._node)
        intakes.tell = note
        self.inbox = MessageInbox()
        self._awaited = [topic.name for topic in topics]
        for topic in (*topics, *INTERNAL_TOPICS):
            if topic.name not in TOPICS_COUNTED_BY_SEQUENCE:
                take = self.inbox.taker(topic.name, counts=topic not in INTERNAL_TOPICS)
                self._link.subscribe(
                    convert.message_type(topic.kind),
                    topic.name,
                    take,
                    LISTENER_QOS,
                    raw=True,
                    owner=speaker_of(topic.name),
                )
        self._clients: dict[str, Client] = {
            name: self._node.create_client(Trigger, name) for name in CALLED_SERVICES
        }
        self._velocity = self._node.create_publisher(TwistStamped, "cmd_vel", 1)
        self._gaze = self._node.create_publisher(PointStamped, "gaze/target", 1)
        self._executor = IntakeExecutor(self._node)
        self._call: tuple[str, Future] | None = None
        self.heard = decoded_topics(self.inbox, joints, intakes.attempt)

    def hear(self) -> None:
        """Take in what has come; does not wait."""
        self._link.wait(0.0)
        self._executor.look()
        if self._call is not None and not self._call[1].done():
            self._executor.spin_once(timeout_sec=0.0)
        gate = self.heard.gate.get()
        if gate is not None:
            self.inbox.see_sequence("robot_state", gate.sequence)
            self.inbox.see_sequence("joint_command", gate.command_sequence)

    def gate(self) -> HeardGate | None:
        """Return the newest account of the last gate."""
        message = self.heard.gate.get()
        return None if message is None else convert.gate(message)

    def reply(self) -> Reply | None:
        """Return the answer to the newest call, once it is there."""
        if self._call is None or not self._call[1].done():
            return None
        service, future = self._call
        result = future.result()
        assert result is not None  # it is done, and an error would have been raised
        return Reply(service, result.success, result.message)

    def missing(self) -> tuple[str, ...]:
        """Return topics of which nothing was heard yet, and services that no node offers."""
        services = tuple(
            name for name, client in self._clients.items() if not client.service_is_ready()
        )
        return self.inbox.silent(self._awaited) + services

    def perform(self, action: Action, time: float) -> None:
        """Do what the operator decided, at simulated `time`, s."""
        if isinstance(action, ServiceCall):
            self._call = (
                action.service,
                self._clients[action.service].call_async(Trigger.Request()),
            )
        elif isinstance(action, WalkingVelocity):
            self._velocity.publish(convert.twist(action, time))
        else:
            self._gaze.publish(convert.point(action, time))

    def close(self) -> None:
        """Leave the ROS graph."""
        rclpy.try_shutdown()
