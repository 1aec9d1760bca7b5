# SPDX-License-Identifier: Apache-2.0
"""Publishes one diagnostics status of a node as diagnostic_msgs/DiagnosticArray."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

from builtin_interfaces.msg import Time
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from rclpy.node import Node
from talus_core.graph.contract import INTAKE_KEY

from talus_ros.intake.intake_node import intakes_of

OK = DiagnosticStatus.OK
WARN = DiagnosticStatus.WARN
ERROR = DiagnosticStatus.ERROR
STALE = DiagnosticStatus.STALE


@dataclass(frozen=True)
class _Said:
    """Holds what a node said of itself last."""

    stamp: Time
    level: bytes
    message: str
    values: Mapping[str, object]


class DiagnosticsPublisher:
    """Publishes a status under the node's own name, and in it what its intakes refuse."""

    def __init__(self, node: Node, hardware_id: str = "talus"):
        self._name = node.get_fully_qualified_name().lstrip("/")
        self._hardware_id = hardware_id
        self._publisher = node.create_publisher(DiagnosticArray, "diagnostics", 10)
        self._said: _Said | None = None
        intakes = intakes_of(node)
        self._ledger = intakes.ledger
        intakes.on_news = self._say_again

    def publish(
        self, stamp: Time, level: bytes, message: str, values: Mapping[str, object]
    ) -> None:
        """Publish a status; floats are written with 6 digits.

        `level` is OK, WARN, ERROR or STALE of this module. Refused input makes it WARN at least,
        and is added to message and values.
        """
        self._said = _Said(stamp, level, message, values)
        problem = self._ledger.problem(time.monotonic())
        if problem:
            message = f"{message}; {problem}"
            level = max(level, WARN)
        status = DiagnosticStatus(
            level=level, name=self._name, message=message, hardware_id=self._hardware_id
        )
        told = {**values, **self._ledger.values()}
        if problem:
            told[INTAKE_KEY] = problem
        status.values = [KeyValue(key=key, value=_text(value)) for key, value in told.items()]
        array = DiagnosticArray(status=[status])
        array.header.stamp = stamp
        self._publisher.publish(array)

    def _say_again(self) -> None:
        """Publish the last status anew, since somebody who is not heard must be told soon."""
        if self._said is not None:
            self.publish(self._said.stamp, self._said.level, self._said.message, self._said.values)


def _text(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)
