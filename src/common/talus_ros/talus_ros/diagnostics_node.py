# SPDX-License-Identifier: Apache-2.0
"""Publishes one diagnostics status of a node as diagnostic_msgs/DiagnosticArray."""

from __future__ import annotations

from collections.abc import Mapping

from builtin_interfaces.msg import Time
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from rclpy.node import Node

OK = DiagnosticStatus.OK
WARN = DiagnosticStatus.WARN
ERROR = DiagnosticStatus.ERROR
STALE = DiagnosticStatus.STALE


class DiagnosticsPublisher:
    """Publishes a status under the node's own name."""

    def __init__(self, node: Node, hardware_id: str = "talus"):
        self._name = node.get_fully_qualified_name().lstrip("/")
        self._hardware_id = hardware_id
        self._publisher = node.create_publisher(DiagnosticArray, "diagnostics", 10)

    def publish(
        self, stamp: Time, level: bytes, message: str, values: Mapping[str, object]
    ) -> None:
        """Publish a status; floats are written with 6 digits.

        `level` is OK, WARN, ERROR or STALE of this module.
        """
        status = DiagnosticStatus(
            level=level, name=self._name, message=message, hardware_id=self._hardware_id
        )
        status.values = [KeyValue(key=key, value=_text(value)) for key, value in values.items()]
        array = DiagnosticArray(status=[status])
        array.header.stamp = stamp
        self._publisher.publish(array)


def _text(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)
