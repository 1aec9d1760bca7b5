# SPDX-License-Identifier: Apache-2.0
"""A node's heartbeat: a thread of its own tells, on the wall's steady clock, how far the main loop is."""

from __future__ import annotations

import os
from threading import Event, Thread

from rclpy.node import Node
from rclpy.qos import QoSProfile

from talus_interfaces.msg import Heartbeat

TOPIC = "heartbeat"
QOS = QoSProfile(depth=20)  # reliable: one burst of all nodes
RATE_HZ = 20.0  # a silent node is told within 0.5 s: ten beats, so that one late thread is no alarm


class HeartbeatThread:
    """Publishes `Heartbeat` until `close`. Set `sequence` and `busy` from the main loop: plain attributes."""

    def __init__(self, node: Node, name: str, rate_hz: float = RATE_HZ):
        """Start at once. `name`: balance, safety, camera..."""
        self.sequence = 0
        self.busy = False
        self._message = Heartbeat(node=name, process=os.getpid())
        self._publisher = node.create_publisher(Heartbeat, TOPIC, QOS)
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
            self._publisher.publish(self._message)
