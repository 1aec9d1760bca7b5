# SPDX-License-Identifier: Apache-2.0
"""The last gate's account of itself on `gate/state`."""

from __future__ import annotations

from rclpy.node import Node
from talus_core.driver import Driver
from talus_core.state import RobotState
from talus_core.trace import NoTrace, TraceWriter
from talus_ros.trace_node import TracedPublisher
from talus_safety.gate import LastGate

from talus_drivers import conversions
from talus_drivers.gated_drives import GatedDrives
from talus_interfaces import msg


class ReportedDrives(GatedDrives):
    """Gated drives that publish what the gate decides."""

    def __init__(
        self,
        node: Node,
        driver: Driver,
        gate: LastGate,
        delay_ticks: int,
        bundle: str,
        trace: TraceWriter | NoTrace,
    ):
        """`delay_ticks`: from a state to the command that answers it; `bundle`: SHA-256 of the gate's limits."""
        super().__init__(driver, gate, delay_ticks)
        self._bundle = bundle
        self._publisher = TracedPublisher(node, msg.GateState, "gate/state", 10, trace)

    def step(self, state: RobotState, now: float) -> bool:
        """One tick; published when due."""
        is_due = super().step(state, now)
        if is_due:
            stamp = conversions.time_message(state.time)
            malformed = self.mailbox.malformed
            report = conversions.gate_message(self.decision, state.sequence, stamp, malformed, self._bundle)
            self._publisher.publish(report)
        return is_due
