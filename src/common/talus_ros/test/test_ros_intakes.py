# SPDX-License-Identifier: Apache-2.0
"""Checks the shell around a node's intakes on one live node: nothing that comes in ends it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import rclpy
from diagnostic_msgs.msg import DiagnosticArray
from rcl_interfaces.msg import Parameter, ParameterValue
from rcl_interfaces.srv import SetParameters, SetParametersAtomically
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rclpy.signals import SignalHandlerOptions
from std_msgs.msg import Int64, String
from std_srvs.srv import Trigger
from talus_core.errors import RefusedInputError
from talus_core.graph.contract import INTAKE_KEY
from talus_ros.diagnostics_node import OK, WARN, DiagnosticsPublisher
from talus_ros.fast_link_node import FastLink
from talus_ros.intake.executor_node import IntakeExecutor
from talus_ros.intake.intake_node import intakes_of

PATIENCE_S = 300.0


@pytest.fixture(scope="module")
def stage() -> Iterator[SimpleNamespace]:
    """A node with intakes, and somebody else who speaks to it."""
    context = rclpy.Context()
    rclpy.init(context=context, signal_handler_options=SignalHandlerOptions.NO)
    node = Node("robot_node", context=context)
    elsewhere = rclpy.Context()  # another participant, as a process of somebody else has
    rclpy.init(context=elsewhere, signal_handler_options=SignalHandlerOptions.NO)
    other = Node("somebody", context=elsewhere)
    outside = SingleThreadedExecutor(context=elsewhere)
    outside.add_node(other)
    stage = SimpleNamespace(
        context=context,
        node=node,
        other=other,
        link=FastLink(node),
        intakes=intakes_of(node),
        diagnostics=DiagnosticsPublisher(node),
        inside=IntakeExecutor(node),
        outside=outside,
        lines=[],
    )
    stage.intakes.tell = stage.lines.append
    yield stage
    for used in (context, elsewhere):
        rclpy.try_shutdown(context=used)


def serve(stage: SimpleNamespace, until: Callable[[], Any]) -> None:
    """Run both sides until something is so."""
    deadline = time.monotonic() + PATIENCE_S
    while not until():
        assert time.monotonic() < deadline
        stage.link.wait(0.01)
        stage.inside.spin_once(timeout_sec=0.0)
        stage.inside.look()
        stage.outside.spin_once(timeout_sec=0.0)


def heard_publisher(stage: SimpleNamespace, topic: str) -> Any:
    """Return a stranger's publisher that the node's subscription has found."""
    publisher = stage.other.create_publisher(Int64, topic, 10)
    serve(stage, publisher.get_subscription_count)
    return publisher


def call(stage: SimpleNamespace, kind: Any, name: str, request: Any) -> Any:
    client = stage.other.create_client(kind, name)
    serve(stage, client.service_is_ready)
    future = client.call_async(request)
    serve(stage, future.done)
    stage.other.destroy_client(client)
    return future.result()


def test_what_a_handler_raises_is_contained_and_told_and_the_next_message_heard(stage):
    heard = []
    stage.link.subscribe(Int64, "fractions", lambda m: heard.append(1 / m.data), 10)
    publisher = heard_publisher(stage, "fractions")
    publisher.publish(Int64(data=0))
    publisher.publish(b"\xff" * 7)
    publisher.publish(Int64(data=2))
    serve(stage, lambda: heard)
    assert heard == [0.5]
    assert stage.intakes.ledger.count("fractions") == 2
    assert "fractions: ignored: ZeroDivisionError: division by zero" in stage.lines


def test_what_the_own_loop_raises_comes_out_but_not_what_cannot_be_read(stage):
    def read(data: bytes) -> int:
        if len(data) < 12:
            raise RefusedInputError("too short; 12 bytes work")
        return data[4]

    subscription = stage.link.subscribe_loop(Int64, "ticks", read, lambda number: 1 / number)
    publisher = heard_publisher(stage, "ticks")
    publisher.publish(b"\x00\x01\x00\x00")
    serve(stage, lambda: stage.intakes.ledger.count("ticks"))
    assert "ticks: ignored: too short; 12 bytes work" in stage.lines
    publisher.publish(Int64(data=0))
    with pytest.raises(ZeroDivisionError):
        serve(stage, lambda: False)
    stage.link.unsubscribe(subscription)


def test_a_service_whose_handler_fails_says_so(stage):
    def fail(request: Any, response: Any) -> Any:
        raise KeyError("left_knee")

    stage.intakes.serve(Trigger, "fail", fail)
    answer = call(stage, Trigger, "fail", Trigger.Request())
    assert not answer.success
    assert answer.message == "KeyError: 'left_knee'"


def test_a_parameter_of_an_unknown_type_is_answered_and_the_others_are_set(stage):
    stage.node.declare_parameter("count", 1)
    odd = Parameter(name="count", value=ParameterValue(type=99))
    sound = Parameter(name="count", value=ParameterValue(type=2, integer_value=7))
    answer = call(
        stage,
        SetParameters,
        "robot_node/set_parameters",
        SetParameters.Request(parameters=[odd, sound]),
    )
    assert [result.successful for result in answer.results] == [False, True]
    assert "set a value of a known type" in answer.results[0].reason
    assert stage.node.get_parameter("count").value == 7
    name = "robot_node/set_parameters_atomically"
    together = call(
        stage,
        SetParametersAtomically,
        name,
        SetParametersAtomically.Request(parameters=[sound, odd]),
    )
    assert not together.result.successful


def test_who_is_not_heard_is_told_soon_and_in_diagnostics_until_it_is_gone(stage):
    statuses = []
    stage.other.create_subscription(
        DiagnosticArray, "diagnostics", lambda m: statuses.extend(m.status), 10
    )
    serve(stage, lambda: stage.node.count_subscribers("diagnostics"))
    stage.diagnostics.publish(stage.node.get_clock().now().to_msg(), OK, "working", {})
    for topic in ("wishes", "orders"):
        stage.link.subscribe(Int64, topic, lambda m: None, 10)
    plain = stage.other.create_publisher(String, "wishes", 10)
    quiet = stage.other.create_publisher(
        Int64, "orders", QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
    )

    def told() -> str:
        return next((v.value for s in statuses[-1:] for v in s.values if v.key == INTAKE_KEY), "")

    serve(stage, lambda: "std_msgs/msg/String" in told() and "quality of service" in told())
    assert statuses[-1].level == WARN and statuses[-1].message.startswith("working; ")
    assert any("publish std_msgs/msg/Int64" in line for line in stage.lines)
    stage.other.destroy_publisher(plain)
    stage.other.destroy_publisher(quiet)
    serve(stage, lambda: not stage.intakes.ledger.complaints)


def test_only_the_owner_of_a_topic_counts_while_it_speaks(stage):
    heard = []
    stage.link.subscribe(Int64, "charge", lambda m: heard.append(m.data), 10, owner="pack")
    stranger = heard_publisher(stage, "charge")
    stranger.publish(Int64(data=1))
    serve(stage, lambda: heard == [1])  # nobody of that name speaks: everybody counts
    pack = Node("pack", context=stage.context)
    own = pack.create_publisher(Int64, "charge", 10)

    def owner_counts() -> bool:
        stranger.publish(Int64(data=2))
        time.sleep(0.01)
        return stage.intakes.ledger.count("charge") > 0

    serve(stage, owner_counts)
    del heard[:]
    own.publish(Int64(data=3))
    stranger.publish(Int64(data=2))
    serve(stage, lambda: heard)
    assert set(heard) == {3}
    assert any("published by /somebody, not by /pack" in line for line in stage.lines)


def test_a_second_voice_on_a_topic_of_this_node_is_told(stage):
    stage.node.create_publisher(Int64, "map/points", 1)  # of the contract: one node alone
    stage.other.create_publisher(Int64, "map/points", 1)
    serve(stage, lambda: any("/somebody publishes it too" in line for line in stage.lines))
