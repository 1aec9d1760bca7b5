# SPDX-License-Identifier: Apache-2.0
"""Copies frequent messages of a node to shared memory, so that the recorder need not subscribe."""

from __future__ import annotations

import time
from typing import Any

from rclpy.node import Node
from talus_core.graph.trace import TRACE_KINDS, NoTrace, TraceWriter, open_trace, trace_path

from talus_ros.command_path_node import SealedPublisher


def trace_of_node(node: Node, slots: int, room: int) -> TraceWriter | NoTrace:
    """Open the trace of a node in its domain and namespace; see `TraceWriter`."""
    path = trace_path(node.context.get_domain_id(), node.get_namespace(), node.get_name())
    return open_trace(path, slots, room)


class TracedPublisher:
    """Publishes messages, and leaves a copy of each in the trace."""

    def __init__(
        self, node: Node, message_type: type, topic: str, depth: int, trace: TraceWriter | NoTrace
    ):
        """Publish on `topic`, one of `TRACE_KINDS`."""
        self._publisher = SealedPublisher(node, message_type, topic, depth)
        self._trace = trace
        self._kind = TRACE_KINDS[topic]

    def publish(self, message: Any) -> None:
        """Publish a message, or its bytes."""
        data = self._publisher.publish(message)
        self._trace.put(self._kind, time.monotonic_ns(), data)
