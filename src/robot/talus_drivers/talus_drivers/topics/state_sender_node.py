# SPDX-License-Identifier: Apache-2.0
"""Publish the body's states on `robot_state`, for the nodes that control it."""

from __future__ import annotations

import time

from rclpy.node import Node
from talus_core.driver import Driver, FaultStage
from talus_core.graph.channel import Channel
from talus_core.graph.trace import STATE_KIND, NoTrace, TraceWriter
from talus_core.state import RobotState
from talus_ros.cdr import RobotStateCodec
from talus_ros.command_path_node import SealedPublisher
from talus_ros.fast_link_node import FAST_QOS

from talus_interfaces import msg


class StateSender:
    """Encodes, publishes and traces states, by way of the channel where faults of transport act.

    Attributes:
        newest: Sequence of the newest state that was published; 0 before the first.
    """

    def __init__(self, node: Node, driver: Driver, trace: TraceWriter | NoTrace):
        """Open the topic `robot_state`."""
        self._codec = RobotStateCodec(len(driver.joint_names))
        self._publisher = SealedPublisher(node, msg.RobotState, "robot_state", FAST_QOS)
        self._channel: Channel[RobotState] = Channel()
        if isinstance(driver, FaultStage):
            self._channel = driver.faults.states
        self._trace = trace
        self.newest = 0

    def send(self, state: RobotState, standby_active: bool) -> None:
        """Publish what of `state` and its forerunners arrives in this tick."""
        self._channel.put(state)
        for sent in self._channel.take(state.sequence):
            data = self._publisher.publish(self._codec.encode(sent, standby_active))
            self._trace.put(STATE_KIND, time.monotonic_ns(), data)
            self.newest = max(self.newest, sent.sequence)
