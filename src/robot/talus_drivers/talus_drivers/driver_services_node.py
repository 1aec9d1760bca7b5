# SPDX-License-Identifier: Apache-2.0
"""Find the services that other packages offer beside a driver, by entry point."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import entry_points

from rclpy.node import Node
from talus_core.driver import Driver, DriverError

from talus_drivers.errands import Errands

SERVICES_GROUP = "talus.driver_services"


@dataclass(frozen=True)
class ServiceContext:
    """Gives a plug-in what it needs to look at the driver and offer what fits it, or nothing.

    Attributes:
        node: The driver's ROS node.
        driver: The body, not yet connected.
        errands: Has work done by the driver's loop between two ticks.
        on_relocated: To be called, in an errand, after the body was put somewhere else.
    """

    node: Node
    driver: Driver
    errands: Errands
    on_relocated: Callable[[], None]


def offer_plugin_services(context: ServiceContext) -> None:
    """Call every entry point of the group `talus.driver_services`.

    Raises DriverError where one cannot be loaded.
    """
    for entry in entry_points(group=SERVICES_GROUP):
        try:
            offer = entry.load()
        except Exception as error:
            reason = f"{type(error).__name__}: {error}"
            raise DriverError(
                f"services '{entry.name}' of {entry.value} cannot be loaded: {reason}"
            ) from error
        offer(context)
