# SPDX-License-Identifier: Apache-2.0
"""Checks the node as its users meet it: started as a process, listened to from another."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import rclpy
from ament_index_python import get_package_prefix
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.qos import DurabilityPolicy, QoSProfile
from sensor_msgs.msg import JointState
from std_msgs.msg import String
from tf2_msgs.msg import TFMessage

URDF = """<robot name="r"><link name="a"/><link name="b"/><link name="c"/>\
<joint name="turn" type="continuous"><parent link="a"/><child link="b"/><axis xyz="0 0 1"/></joint>\
<joint name="stay" type="fixed"><parent link="b"/><child link="c"/><origin xyz="0 0 2"/></joint>\
</robot>"""
PROGRAM = Path(
    get_package_prefix("robot_state_publisher"), "lib/robot_state_publisher/robot_state_publisher"
)
LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
PATIENCE_S = 300.0  # of wall time, for a process to start on a busy machine


class Listener:
    """Keeps what arrives below the namespace /ns, and publishes joint states."""

    def __init__(self, domain: int):
        self._context = Context()
        rclpy.init(context=self._context, domain_id=domain)
        self._node = rclpy.create_node("listener", namespace="ns", context=self._context)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self._node)
        self.heard: dict[str, list] = {"robot_description": [], "tf_static": [], "tf": []}
        for topic, kind, qos in (
            ("robot_description", String, LATCHED),
            ("tf_static", TFMessage, LATCHED),
            ("tf", TFMessage, 10),
        ):
            self._node.create_subscription(kind, topic, self.heard[topic].append, qos)
        self._joint_states = self._node.create_publisher(JointState, "joint_states", 10)

    def say(self, angle: float) -> None:
        message = JointState(name=["turn"], position=[angle])
        message.header.stamp.sec = 7
        self._joint_states.publish(message)

    def wait(
        self, is_done: Callable[[], bool], while_waiting: Callable[[], None] = lambda: None
    ) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not is_done():
            assert time.monotonic() < deadline, self.heard
            while_waiting()
            self._executor.spin_once(timeout_sec=0.1)

    def close(self) -> None:
        self._node.destroy_node()
        rclpy.shutdown(context=self._context)


@pytest.fixture
def listener(ros_domain: int) -> Iterator[Listener]:
    heard = Listener(ros_domain)
    yield heard
    heard.close()


def start(urdf: str, *more: str) -> subprocess.Popen:
    parameters = [
        "-p",
        f"robot_description:={urdf}",
        "-p",
        "frame_prefix:=p/",
        "-p",
        "ignore_timestamp:=true",
    ]
    command = [PROGRAM, "--ros-args", "-r", "__ns:=/ns", *parameters, *more]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True)


def test_frames_of_fixed_and_movable_joints_below_a_namespace(listener):
    process = start(URDF)
    try:
        listener.wait(lambda: listener.heard["robot_description"] and listener.heard["tf_static"])
        assert listener.heard["robot_description"][0].data == URDF
        (fixed,) = listener.heard["tf_static"][0].transforms
        assert (fixed.header.frame_id, fixed.child_frame_id) == ("p/b", "p/c")
        assert fixed.transform.translation.z == 2.0
        listener.wait(lambda: listener.heard["tf"], lambda: listener.say(0.5))
        (moved,) = listener.heard["tf"][0].transforms
        assert (moved.header.frame_id, moved.child_frame_id, moved.header.stamp.sec) == (
            "p/a",
            "p/b",
            7,
        )
        assert moved.transform.rotation.z == pytest.approx(0.24740395925452294)  # sin(0.25)
    finally:
        process.terminate()
        assert process.wait(10.0) == 0


def test_description_that_cannot_be_used_ends_it_with_one_line(ros_domain):
    process = start("<robot name='r'><joint name='j' type='fixed'/></robot>")
    _, said = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 2
    assert "not a URDF" in said
