# SPDX-License-Identifier: Apache-2.0
"""Checks that nodes with the key of a start understand each other, and nobody else is obeyed."""

import gc
import time
import weakref

import pytest
import rclpy
from rclpy.node import Node
from rclpy.qos import QoSProfile
from talus_core.graph.seal import KEY_VARIABLE, SealKeyError, write_new_key
from talus_ros.command_path_node import SealedPublisher, command_path_of
from talus_ros.fast_link_node import FastLink
from talus_ros.intake.intake_node import intakes_of

from talus_interfaces.msg import Heartbeat, SafetyState

PATIENCE_S = 300.0
QOS = QoSProfile(depth=20)


@pytest.fixture
def context():
    context = rclpy.Context()
    rclpy.init(args=[], context=context)
    yield context
    rclpy.shutdown(context=context)


class Listener:
    """Hears one topic of the command path."""

    def __init__(self, context, kind, topic, name="listener", authenticated=True):
        self.node = Node(name, context=context)
        self.heard = []
        self._link = FastLink(self.node, authenticated)
        self._link.subscribe(kind, topic, self.heard.append, QOS)

    def listen(self, until) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not until():
            assert time.monotonic() < deadline, "nothing came"
            self._link.wait(0.05)

    @property
    def strangers(self) -> int:
        return command_path_of(self.node).strangers


def test_a_stranger_is_counted_and_not_heard(context):
    ours = Listener(context, SafetyState, "safety/state")
    publisher = SealedPublisher(ours.node, SafetyState, "safety/state", QOS)
    stranger = ours.node.create_publisher(SafetyState, "safety/state", QOS)
    stranger.publish(SafetyState(cause="forged"))
    ours.listen(lambda: ours.strangers == 1)
    publisher.publish(SafetyState(cause="ours"))
    ours.listen(lambda: ours.heard)
    assert [message.cause for message in ours.heard] == ["ours"]
    assert intakes_of(ours.node).ledger.count("safety/state") == 1


def test_each_node_counts_its_own_heartbeats(context):
    ours = Listener(context, Heartbeat, "heartbeat")
    first = SealedPublisher(ours.node, Heartbeat, "heartbeat", QOS)
    second = SealedPublisher(ours.node, Heartbeat, "heartbeat", QOS)
    second.publish(Heartbeat(node="second"))
    first.publish(Heartbeat(node="first"))
    second.publish(Heartbeat(node="second"))
    ours.listen(lambda: len(ours.heard) == 3)
    assert ours.strangers == 0


def test_who_is_told_so_obeys_anybody_and_says_it(context):
    node = Listener(context, SafetyState, "safety/state", authenticated=False)
    node.node.create_publisher(SafetyState, "safety/state", QOS).publish(SafetyState(cause="x"))
    node.listen(lambda: node.heard)
    assert node.strangers == 0
    assert intakes_of(node.node).standing == {"authenticated is false: whoever speaks is obeyed"}


def test_without_a_key_only_who_is_told_to_obey_anybody_starts(context, monkeypatch):
    monkeypatch.delenv(KEY_VARIABLE, raising=False)
    with pytest.raises(SealKeyError, match="authenticated:=false"):
        FastLink(Node("insists", context=context), authenticated=True)
    FastLink(Node("obeys", context=context), authenticated=False)
    FastLink(Node("listens", context=context))


def test_a_key_of_another_start_is_a_strangers(context, monkeypatch, tmp_path):
    ours = Listener(context, SafetyState, "safety/state")
    other = tmp_path / "other.key"
    write_new_key(other)
    monkeypatch.setenv(KEY_VARIABLE, str(other))
    theirs = Node("theirs", context=context)
    SealedPublisher(theirs, SafetyState, "safety/state", QOS).publish(SafetyState(cause="theirs"))
    ours.listen(lambda: ours.strangers == 1)
    theirs.destroy_node()  # of several nodes, a context that is shut down destroys every second
    assert ours.heard == []


def test_a_node_that_nobody_uses_is_freed_with_its_end_of_the_command_path(context):
    node = Node("short", context=context)
    SealedPublisher(node, SafetyState, "safety/state", QOS)
    assert command_path_of(node) is command_path_of(node)
    assert intakes_of(node) is intakes_of(node)
    freed = weakref.ref(node)
    node.destroy_node()
    del node
    gc.collect()
    assert freed() is None
