# SPDX-License-Identifier: Apache-2.0
"""Asserts what must hold once `sim.launch.xml` runs, by plain functions."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile
from rclpy.signals import SignalHandlerOptions
from rosgraph_msgs.msg import Clock
from std_msgs.msg import String
from std_srvs.srv import Trigger
from talus_core.graph.node_table import NODES

# Without cameras, map and page: the nodes that a robot cannot be without.
ARGUMENTS = {"perception": "false", "view": "false", "pace": "fast"}
LAUNCHED = {row.name for row in NODES.rows if row.required != "perception"} - {
    *("localisation", "perception"),
    "view",
}
# Longest time until something is there, on a busy two-core machine.
PATIENCE_S = 300.0
LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)


@contextmanager
def observer() -> Iterator[Node]:
    """Yield a node of the test's own."""
    context = rclpy.Context()
    rclpy.init(context=context, signal_handler_options=SignalHandlerOptions.NO)
    node = rclpy.create_node("observer", context=context)
    yield node
    node.destroy_node()
    rclpy.shutdown(context=context)


def wait_until(node: Node, is_so: Callable[[], bool], what: str) -> None:
    """Spin until a condition holds."""
    executor = SingleThreadedExecutor(context=node.context)
    executor.add_node(node)
    deadline = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < deadline, what
        executor.spin_once(timeout_sec=0.1)
    executor.shutdown()


def assert_nodes_are_up(node: Node) -> None:
    """Assert that every node of the launch file is up."""
    wait_until(
        node,
        lambda: set(node.get_node_names()) >= LAUNCHED,
        f"not up: {LAUNCHED - set(node.get_node_names())}",
    )


def assert_simulated_time_runs(node: Node) -> None:
    """Assert that `clock` comes and grows."""
    times: list[float] = []
    node.create_subscription(
        Clock, "clock", lambda m: times.append(m.clock.sec + 1e-9 * m.clock.nanosec), 10
    )
    wait_until(node, lambda: len(times) > 20, "no clock")
    assert times == sorted(times)
    assert times[-1] > times[0]


def assert_description_is_the_robots(node: Node) -> None:
    """Assert that `robot_description` reaches a late subscriber."""
    texts: list[str] = []
    node.create_subscription(String, "robot_description", lambda m: texts.append(m.data), LATCHED)
    wait_until(node, lambda: bool(texts), "no robot_description")
    assert '<robot name="talus40"' in texts[0]


def assert_safety_answers_and_moves_nothing(node: Node) -> None:
    """Assert that a service answers; at boot there is nothing to reset, and it says so."""
    client = node.create_client(Trigger, "safety/reset")
    wait_until(node, client.service_is_ready, "no safety/reset")
    answer = client.call_async(Trigger.Request())
    wait_until(node, answer.done, "safety/reset does not answer")
    assert answer.result().message


ALL = (
    assert_nodes_are_up,
    assert_simulated_time_runs,
    assert_description_is_the_robots,
    assert_safety_answers_and_moves_nothing,
)


def assert_clean_exit(codes: dict[str, int]) -> None:
    """Assert that every process ended by itself, without error, when asked."""
    assert set(codes) >= LAUNCHED
    assert set(codes.values()) == {0}, codes
