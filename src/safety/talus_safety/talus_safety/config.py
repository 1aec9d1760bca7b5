# SPDX-License-Identifier: Apache-2.0
"""Declares the parameters of the safety node: limits to narrow, and what it watches."""

from __future__ import annotations

from dataclasses import dataclass

from talus_core.parameters import parameter

from talus_safety.kernel.limits import SupervisorLimits


@dataclass(frozen=True)
class SupervisorConfig(SupervisorLimits):
    """Holds what the supervisor watches, and the limits that it applies."""

    robot: str = parameter("", "Folder of the robot.")
    limits: str = parameter("", "File of limits, with its manifest beside it.")
    perception: bool = parameter(
        False, "Nodes that the node table requires with perception must be there, and stay."
    )
    nodes: str = parameter(
        "", "YAML file of further nodes beside the node table of talus_core; empty: none."
    )
    control_rate_hz: float = parameter(
        500.0, "Of the driver: robot_state per s of robot time.", 50.0, 1000.0
    )

    authenticated: bool = parameter(
        True,
        "Obey only what a process of this start sealed with its key; false: obey whoever speaks.",
    )
    operator_key: str = parameter(
        "", "Key file of the operator's link; empty: no link is asked for."
    )
    operator_udp: str = parameter("", "Address for it, as 127.0.0.1:7413; empty: over ROS only.")
    joy_stop_button: int = parameter(
        1, "Of sensor_msgs/Joy on joy; 1 is B or circle. -1: none.", -1, 31
    )
    stop_inputs: str = parameter("", "Of hardware: plug-ins as name:argument, with spaces between.")

    @property
    def period(self) -> float:
        """Return the robot time from one RobotState to the next, s."""
        return 1.0 / self.control_rate_hz
