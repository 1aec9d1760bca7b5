# SPDX-License-Identifier: Apache-2.0
"""Publish the last gate's account of itself on `gate/state`."""

from __future__ import annotations

from dataclasses import replace

from rclpy.node import Node
from talus_core.driver import Driver
from talus_core.graph.trace import NoTrace, TraceWriter
from talus_core.state import RobotState
from talus_core.words.stop_levels import StopLevel
from talus_ros.trace_node import TracedPublisher
from talus_ros.transport.transport_check_node import check_node_transport
from talus_safety.gate import LastGate
from talus_safety.kernel.decide.gate.decision import GateDecision

from talus_drivers import conversions
from talus_drivers.commands.gated_drives import GatedDrives
from talus_interfaces import msg


class ReportedDrives(GatedDrives):
    """Publishes what the gate decides, beside leading commands through it."""

    def __init__(
        self,
        node: Node,
        driver: Driver,
        gate: LastGate,
        delay_ticks: int,
        bundle: str,
        trace: TraceWriter | NoTrace,
    ):
        """Publish on `gate/state`, and ask there not to be armed over a wrong transport.

        Args:
            node: ROS node of the driver.
            driver: The body.
            gate: The last gate.
            delay_ticks: Ticks from a state to the command that answers it.
            bundle: SHA-256 of the gate's limits.
            trace: Takes a copy for the recorder.
        """
        super().__init__(driver, gate, delay_ticks)
        self._bundle = bundle
        self._obstacle = check_node_transport(node).refusal
        self._publisher = TracedPublisher(node, msg.GateState, "gate/state", 10, trace)

    def step_drives(self, state: RobotState, now: float) -> bool:
        """Do one tick and publish the decision when it is due."""
        is_due = super().step_drives(state, now)
        if is_due and self.decision is not None:
            stamp = conversions.time_message(state.time)
            malformed = self.mailbox.malformed
            report = conversions.gate_message(
                decision=against_arming(self.decision, self._obstacle),
                sequence=state.sequence,
                stamp=stamp,
                malformed=malformed,
                bundle=self._bundle,
            )
            self._publisher.publish(report)
        return is_due


def against_arming(decision: GateDecision, obstacle: str) -> GateDecision:
    """Return the decision with a request that keeps the supervisor from arming over an obstacle."""
    if not obstacle or decision.request >= StopLevel.R2_SAFE_STAND:
        return decision
    return replace(decision, request=StopLevel.R2_SAFE_STAND, reason=obstacle, rule="")
