# SPDX-License-Identifier: Apache-2.0
"""Offer `sim/inject_fault`, and tell every fault's onset and end on `sim/faults`."""

from __future__ import annotations

from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile
from talus_core.driver import Injection
from talus_core.graph.headers import check_finite
from talus_drivers.conversions import time_message
from talus_drivers.errands import Errands
from talus_ros.intake.intake_node import intakes_of

from talus_interfaces.msg import Fault
from talus_interfaces.srv import InjectFault
from talus_simulation.conversions import fault_message
from talus_simulation.faults.catalogue import FaultRequest
from talus_simulation.faults.injector import FaultInjector

FAULT_QOS = QoSProfile(depth=100, durability=DurabilityPolicy.TRANSIENT_LOCAL)


class FaultService:
    """Injects between two ticks, in the loop's own thread."""

    def __init__(self, node: Node, faults: FaultInjector, errands: Errands):
        self._errands = errands
        self._faults = faults
        self._publisher = node.create_publisher(Fault, "sim/faults", FAULT_QOS)
        self._logger = node.get_logger()
        self._faults.log = self._tell
        intakes_of(node).serve(InjectFault, "sim/inject_fault", self._inject)

    def _inject(
        self, request: InjectFault.Request, response: InjectFault.Response
    ) -> InjectFault.Response:
        check_finite((request.severity, request.duration))
        wanted = FaultRequest(request.name, request.target, request.severity, request.duration)
        done: list[Injection] = []

        response.success, response.message = self._errands.do(
            lambda: done.append(self._faults.inject(wanted))
        )
        if done:
            response.onset = time_message(done[0].time)
            response.sequence = done[0].tick
        return response

    def _tell(self, injection: Injection) -> None:
        self._publisher.publish(fault_message(injection))
        self._logger.info(
            f"fault {injection.name} {injection.target} {'begins' if injection.active else 'ends'}"
        )
