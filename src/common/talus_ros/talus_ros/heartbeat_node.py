# SPDX-License-Identifier: Apache-2.0
"""Sends a node's heartbeat from a thread of its own, on the wall's steady clock."""

from __future__ import annotations

import os
from threading import Event, Thread

from rclpy.node import Node
from rclpy.qos import QoSProfile

from talus_interfaces.msg import Heartbeat
from talus_ros.command_path_node import SealedPublisher, command_path_of

HEARTBEAT_TOPIC = "heartbeat"
HEARTBEAT_QOS = QoSProfile(depth=20)  # reliable: holds one burst of all nodes
# Hz: a silent node is noticed within 0.5 s, ten beats, so that one late thread raises no alarm.
HEARTBEAT_RATE_HZ = 20.0


class HeartbeatThread:
    """Publishes `Heartbeat` until `close`; the main loop sets `sequence` and `busy`."""

    def __init__(self, node: Node, name: str, rate_hz: float = HEARTBEAT_RATE_HZ):
        """Start at once, under the name of the node in its table, such as balance or safety."""
        self.sequence = 0
        self.busy = False
        self._message = Heartbeat(node=name, process=os.getpid())
        self._publisher = SealedPublisher(node, Heartbeat, HEARTBEAT_TOPIC, HEARTBEAT_QOS)
        self._command_path = command_path_of(node)
        self._context = node.context
        self._period = 1.0 / rate_hz
        self._ended = Event()
        self._thread = Thread(target=self._run, name="heartbeat", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the thread. Idempotent."""
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(self._period) and self._context.ok():
            self._message.count += 1
            self._message.sequence = self.sequence
            self._message.busy = self.busy
            self._message.strangers = self._command_path.strangers
            self._publisher.publish(self._message)
