# SPDX-License-Identifier: Apache-2.0
"""Checks the transport of the process in which a node runs.

Run as a program, it joins the graph, prints its transport and ends.
"""

from __future__ import annotations

import os
import sys

import rclpy
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions
from rclpy.utilities import get_rmw_implementation_identifier
from talus_core.machine.terminal import tell

from talus_ros.transport.transport_check import TransportVerdict, check_transport


def check_node_transport(node: Node) -> TransportVerdict:
    """Judge the transport of this process and log it; call it once `node` has joined the graph."""
    verdict = check_transport(
        os.environ, node.context.get_domain_id(), get_rmw_implementation_identifier()
    )
    if verdict.refusal:
        node.get_logger().error(f"the robot cannot be armed: {verdict.refusal}")
    else:
        node.get_logger().info(f"transport: {verdict.summary}")
    return verdict


def main() -> int:
    """Print the transport that nodes get in this environment; return 1 where it is wrong."""
    rclpy.init(args=[], signal_handler_options=SignalHandlerOptions.NO)
    try:
        verdict = check_node_transport(rclpy.create_node("transport_check"))
        tell(verdict.summary)
        return int(bool(verdict.refusal))
    finally:
        rclpy.try_shutdown()


if __name__ == "__main__":
    sys.exit(main())
