# SPDX-License-Identifier: Apache-2.0
"""The driver's trace: what it publishes and hears at the control rate, for the recorder, in shared memory."""

from __future__ import annotations

import time

from rclpy.node import Node
from rclpy.publisher import Publisher
from talus_core.trace import NoTrace, TraceWriter, open_trace, trace_path

SLOTS = 2048  # 1.5 s of everything in real time, 5 MB
# Of a slot: imu and its covariances; of a command five numbers a joint.
LEAST_BYTES, BYTES_PER_JOINT = 512, 40


def trace_of_node(node: Node, joints: int) -> TraceWriter | NoTrace:
    """In the node's domain and namespace."""
    path = trace_path(node.context.get_domain_id(), node.get_namespace())
    return open_trace(path, SLOTS, LEAST_BYTES + BYTES_PER_JOINT * joints)


class TracedPublisher:
    """Publishes, and leaves a copy in the trace."""

    def __init__(self, publisher: Publisher, trace: TraceWriter | NoTrace, kind: int):
        self._publisher, self._trace, self._kind = publisher, trace, kind

    def publish(self, data: bytes) -> None:
        """A serialised message."""
        self._publisher.publish(data)
        self._trace.put(self._kind, time.monotonic_ns(), data)
