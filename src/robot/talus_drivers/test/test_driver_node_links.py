# SPDX-License-Identifier: Apache-2.0
"""Checks in which order the driver node reads what others send."""

import pytest
import rclpy
from talus_drivers import driver_node
from talus_ros.fast_link_node import FastLink
from talus_ros.heartbeat_node import HEARTBEAT_TOPIC


@pytest.fixture
def read_in_turn(monkeypatch, robot) -> list[str]:
    """The topics of a driver node, in the order in which it reads them."""
    topics = []

    class NotedLink(FastLink):
        def subscribe(self, message_type, topic, *arguments, **options):
            topics.append(topic)
            return super().subscribe(message_type, topic, *arguments, **options)

        def subscribe_loop(self, message_type, topic, *arguments, **options):
            topics.append(topic)
            return super().subscribe_loop(message_type, topic, *arguments, **options)

    monkeypatch.setattr(driver_node, "FastLink", NotedLink)
    folder = robot.urdf.parent
    limits = folder.parents[1] / "config" / "safety.yaml"
    parameters = (f"robot:={folder}", f"limits:={limits}", "driver:=mock")
    rclpy.init(args=["--ros-args", *(word for value in parameters for word in ("-p", value))])
    try:
        driver_node.DriverNode().close()
    finally:
        rclpy.shutdown()
    return topics


def test_heartbeats_are_read_before_the_answers_that_they_follow(read_in_turn):
    """A heartbeat leaves after the answer: once it is read, that answer is there to be read."""
    first, *answers = read_in_turn
    assert first == HEARTBEAT_TOPIC
    assert {"joint_command", "safety/state"} <= set(answers)
