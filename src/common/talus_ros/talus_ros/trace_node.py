# SPDX-License-Identifier: Apache-2.0
"""What a node publishes and hears often, once more in shared memory for the recorder, which then need not subscribe."""

from __future__ import annotations

import time
from typing import Any

from rclpy.node import Node
from rclpy.serialization import serialize_message
from talus_core.trace import KINDS, NoTrace, TraceWriter, open_trace, trace_path


def trace_of_node(node: Node, slots: int, room: int) -> TraceWriter | NoTrace:
    """In the node's domain and namespace; see `TraceWriter`."""
    path = trace_path(node.context.get_domain_id(), node.get_namespace(), node.get_name())
    return open_trace(path, slots, room)


class TracedPublisher:
    """Publishes, and leaves a copy in the trace."""

    def __init__(self, node: Node, message_type: type, topic: str, depth: int, trace: TraceWriter | NoTrace):
        """`topic`: one of `KINDS`."""
        self._publisher = node.create_publisher(message_type, topic, depth)
        self._trace, self._kind = trace, KINDS[topic]

    def publish(self, message: Any) -> None:
        """A message, or its bytes."""
        data = message if isinstance(message, bytes) else serialize_message(message)
        self._publisher.publish(data)
        self._trace.put(self._kind, time.monotonic_ns(), data)
