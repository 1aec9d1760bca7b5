# SPDX-License-Identifier: Apache-2.0
"""The operator's ears and hands: hears the public topics, calls services, publishes velocities and gaze."""

from __future__ import annotations

from collections.abc import Callable

import rclpy
from geometry_msgs.msg import PointStamped, TwistStamped
from nav_msgs.msg import Odometry
from rclpy.executors import SingleThreadedExecutor
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rclpy.serialization import deserialize_message
from rclpy.signals import SignalHandlerOptions
from rclpy.task import Future
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import BatteryState, JointState
from std_srvs.srv import Trigger
from talus_ros.fast_link_node import FastLink

from talus_cli.run import conversions as convert
from talus_cli.run.contract import Topic
from talus_cli.run.inbox import Decoded, Inbox
from talus_cli.run.observation import Action, Call, Reply, Velocity
from talus_interfaces.msg import BalanceState, GateState, SafetyState

SERVICES = ("safety/arm", "safety/stop", "balance/stand")
# Best effort meets every publisher; the queue holds what the fastest counted topic (500 Hz) sends in 0.2 s.
QOS = QoSProfile(depth=100, reliability=ReliabilityPolicy.BEST_EFFORT)
# Read by the operator beside what the contract promises.
INTERNAL = (Topic("gate/state", "talus_interfaces/GateState"), Topic("balance/state", "talus_interfaces/BalanceState"))
# Counted by the sequence numbers in `gate/state`: listening to them would slow the robot down.
BY_SEQUENCE = ("robot_state", "joint_command")


class OperatorNode:
    """Everything of ROS that a run needs; used from one thread."""

    def __init__(self, topics: list[Topic]):
        """`topics`: what to count and to wait for."""
        rclpy.init(args=[], signal_handler_options=SignalHandlerOptions.NO)
        self._node = rclpy.create_node("operator")
        self._link = FastLink(self._node)
        self.inbox = Inbox()
        self._awaited = [topic.name for topic in topics]
        for topic in (*topics, *INTERNAL):
            if topic.name not in BY_SEQUENCE:
                take = self.inbox.taker(topic.name, counts=topic not in INTERNAL)
                self._link.subscribe(convert.message_type(topic.kind), topic.name, take, QOS, raw=True)
        self._clients = {name: self._node.create_client(Trigger, name) for name in SERVICES}
        self._velocity = self._node.create_publisher(TwistStamped, "cmd_vel", 1)
        self._gaze = self._node.create_publisher(PointStamped, "gaze/target", 1)
        self._executor = SingleThreadedExecutor(context=self._node.context)
        self._executor.add_node(self._node)
        self._call: tuple[str, Future] | None = None
        self._make_readers()

    def _make_readers(self) -> None:
        self.clock = self._reader("clock", Clock, lambda m: convert.seconds(m.clock))
        self.safety = self._reader("safety/state", SafetyState, convert.safety)
        self.mode = self._reader("balance/state", BalanceState, lambda m: m.mode)
        self.truth = self._reader("sim/ground_truth", Odometry, convert.pose)
        self.odometry = self._reader("odom", Odometry, convert.pose)
        self.joints = self._reader("joint_states", JointState, convert.angles)
        self.battery = self._reader("battery_state", BatteryState, lambda m: m.percentage)
        self._gate = self._reader("gate/state", GateState, lambda m: m)

    def _reader(self, topic: str, kind: type, view: Callable) -> Decoded:
        return Decoded(self.inbox, topic, lambda data: view(deserialize_message(data, kind)))

    def hear(self) -> None:
        """Take in what has come; does not wait."""
        self._link.wait(0.0)
        if self._call is not None and not self._call[1].done():
            self._executor.spin_once(timeout_sec=0.0)
        gate = self._gate.get()
        if gate is not None:
            self.inbox.see_sequence("robot_state", gate.sequence)
            self.inbox.see_sequence("joint_command", gate.command_sequence)

    def gate(self) -> convert.Gate | None:
        """Newest account of the last gate."""
        message = self._gate.get()
        return None if message is None else convert.gate(message)

    def reply(self) -> Reply | None:
        """To the newest call, once it is there."""
        if self._call is None or not self._call[1].done():
            return None
        result = self._call[1].result()
        return Reply(self._call[0], result.success, result.message)

    def missing(self) -> tuple[str, ...]:
        """Topics of which nothing was heard yet, and services that nobody offers."""
        services = tuple(name for name, client in self._clients.items() if not client.service_is_ready())
        return self.inbox.silent(self._awaited) + services

    def perform(self, action: Action, time: float) -> None:
        """Do what the operator decided, at simulated `time`, s."""
        if isinstance(action, Call):
            self._call = (action.service, self._clients[action.service].call_async(Trigger.Request()))
        elif isinstance(action, Velocity):
            self._velocity.publish(convert.twist(action, time))
        else:
            self._gaze.publish(convert.point(action, time))

    def close(self) -> None:
        """Leave ROS."""
        rclpy.try_shutdown()
