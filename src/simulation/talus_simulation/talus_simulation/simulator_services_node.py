# SPDX-License-Identifier: Apache-2.0
"""Offer the simulator's services beside a driver: pushes, friction, reset, staged faults."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from rclpy.node import Node
from std_srvs.srv import Trigger
from talus_core.driver import FaultStage, Simulated
from talus_core.graph.headers import check_finite
from talus_drivers.driver_services_node import ServiceContext
from talus_drivers.errands import Errands
from talus_ros.intake.intake_node import intakes_of

from talus_interfaces.srv import Push, SetFriction
from talus_simulation.fault_service_node import FaultService
from talus_simulation.faults.injector import FaultInjector

DEFAULT_PUSH_LINK = "torso"  # of Push.srv: the part of that name in robot.yaml
DEFAULT_PUSH_DURATION_S = 0.1  # s, of Push.srv


def offer_services(context: ServiceContext) -> None:
    """Offer what the driver's body can do as a simulated one; a hardware driver gets nothing.

    This is the entry point `simulator` of the group `talus.driver_services`.
    """
    driver = context.driver
    if isinstance(driver, Simulated):
        SimulatorServices(context.node, driver, context.errands, context.on_relocated)
    if isinstance(driver, FaultStage) and isinstance(driver.faults, FaultInjector):
        FaultService(context.node, driver.faults, context.errands)


class SimulatorServices:
    """Offers `sim/push`, `sim/set_friction` and `sim/reset`."""

    def __init__(
        self, node: Node, driver: Simulated, errands: Errands, on_reset: Callable[[], None]
    ):
        """Open the services; `on_reset` is called in the loop's thread after the body's reset."""
        self._driver = driver
        self._errands = errands
        self._on_reset = on_reset
        serve = intakes_of(node).serve
        serve(Push, "sim/push", self._push)
        serve(SetFriction, "sim/set_friction", self._set_friction)
        serve(Trigger, "sim/reset", self._reset)

    def _push(self, request: Push.Request, response: Push.Response) -> Push.Response:
        impulse = np.array([request.impulse.x, request.impulse.y, request.impulse.z])
        link = request.link or DEFAULT_PUSH_LINK
        duration = request.duration or DEFAULT_PUSH_DURATION_S
        check_finite((*impulse.tolist(), duration))
        return self._answer(response, lambda: self._driver.push(link, impulse, duration))

    def _set_friction(
        self, request: SetFriction.Request, response: SetFriction.Response
    ) -> SetFriction.Response:
        check_finite((request.friction,))
        return self._answer(
            response, lambda: self._driver.set_friction(request.target, request.friction)
        )

    def _reset(self, request: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        def reset() -> None:
            self._driver.reset()
            self._on_reset()

        return self._answer(response, reset)

    def _answer(self, response, errand: Callable[[], None]):
        response.success, response.message = self._errands.do(errand)
        return response
