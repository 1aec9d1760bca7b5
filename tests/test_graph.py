# SPDX-License-Identifier: Apache-2.0
"""Checks the running robot against its public contract.

Names, types, frames, rates in simulated time, services, tf.
"""

from __future__ import annotations

import os
import time
from collections import defaultdict
from pathlib import Path

import pytest
import yaml
from rcl_interfaces.msg import Parameter as ParameterMessage
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.parameter_client import AsyncParameterClient
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from rclpy.serialization import deserialize_message
from rosgraph_msgs.msg import Clock
from running_launch import RunningLaunch
from sim_assertions import observer, wait_until
from talus_cli.run.operating.conversions import message_type
from talus_core.graph.contract import (
    IN_EVERY_RUN,
    PERCEPTION,
    PUBLIC_SERVICES,
    SIMULATION,
    Topic,
    topics_of,
)
from talus_launch.packages import package_share
from talus_ros.conversions import seconds
from talus_ros.fast_link_node import MOST_MESSAGES_PER_WAIT, FastLink

# Simulated time over which rates are counted: two messages of the slowest (1 Hz) are sure to fall
# into it.
WINDOW_S = 3.0
CLOCK_PERIOD_S = 0.01
QUEUE = 2000  # messages of each topic
PATIENCE_S = 300.0
# What later versions will offer; a stub would promise what no node does.
LATER_TOPICS = ("objects", "objects/markers")
SENT_BY_OTHERS = ("cmd_vel", "initialpose")
SENT_BY_SEVERAL = (*SENT_BY_OTHERS, "diagnostics", "tf", "tf_static")
# One full chain, and what hangs on it.
CHAIN = ("map", "odom", "base_link")
FRAMES = {
    *(
        "torso",
        "l_sole",
        "r_sole",
        "l_ankle",
        "r_ankle",
        "l_gripper",
        "r_gripper",
        "gaze",
        "base_footprint",
    ),
    *(
        "imu_link",
        "front_left_camera_link",
        "front_left_camera_optical_frame",
        "rear_camera_optical_frame",
    ),
}


def cameras() -> dict:
    robot = package_share("talus_description", os.environ) / "urdf" / "talus40" / "robot.yaml"
    return yaml.safe_load(Path(robot).read_text())["cameras"]


def promised_topics() -> list[Topic]:
    with_depth = tuple(name for name, camera in cameras().items() if camera["depth"])
    return topics_of({IN_EVERY_RUN, SIMULATION, PERCEPTION}, tuple(cameras()), with_depth)


def qos(topic: Topic) -> QoSProfile:
    """Return a reliable QoS, latched for what is sent once."""
    durability = (
        DurabilityPolicy.TRANSIENT_LOCAL
        if topic.name in ("robot_description", "tf_static")
        else None
    )
    result = QoSProfile(depth=QUEUE, reliability=ReliabilityPolicy.RELIABLE)
    if durability is not None:
        result.durability = durability
    return result


class Heard:
    """Listens to everything for a while; afterwards knows what came."""

    def __init__(self, node: Node, topics: list[Topic]):
        self.node, self.topics = node, topics
        self.messages: dict[str, list[bytes]] = defaultdict(list)
        self._link = FastLink(node)
        for topic in topics:
            self._link.subscribe(
                message_type(topic.kind), topic.name, self._keeper(topic), qos(topic), raw=True
            )
        self._listen_until(
            lambda: all(self.messages[t.name] for t in topics if t.name not in SENT_BY_OTHERS)
        )
        begin = self.time
        counts = {name: len(kept) for name, kept in self.messages.items()}
        self._listen_until(lambda: self.time >= begin + WINDOW_S)
        self.window = self.time - begin
        # On a busy computer the clock overtakes faster topics.
        for _ in range(QUEUE // MOST_MESSAGES_PER_WAIT):
            self._link.wait(0.0)
        self.counted = {
            name: len(kept) - counts.get(name, 0) for name, kept in self.messages.items()
        }
        self.types = dict(node.get_topic_names_and_types())
        self.services = dict(node.get_service_names_and_types())
        self.publishers = {t.name: node.get_publishers_info_by_topic(t.name) for t in topics}

    @property
    def time(self) -> float:
        """Return the simulated time, s."""
        return seconds(deserialize_message(self.messages["clock"][-1], Clock).clock)

    def newest(self, topic: Topic):
        """Return the newest message of a topic."""
        return deserialize_message(self.messages[topic.name][-1], message_type(topic.kind))

    def transforms(self) -> list:
        """Return all that was sent on tf and tf_static."""
        kind = message_type("tf2_msgs/TFMessage")
        data = self.messages["tf"] + self.messages["tf_static"]
        return [
            transform for one in data for transform in deserialize_message(one, kind).transforms
        ]

    def _keeper(self, topic: Topic):
        kept = self.messages[topic.name]
        return kept.append

    def _listen_until(self, is_so) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not is_so():
            silent = [t.name for t in self.topics if not self.messages[t.name]]
            assert time.monotonic() < deadline, f"silent: {silent}"
            self._link.wait(0.05)


@pytest.fixture(scope="module")
def heard(tmp_path_factory: pytest.TempPathFactory):
    launch = RunningLaunch(tmp_path_factory.mktemp("graph"), {"view": "false", "pace": "fast"})
    try:
        with observer() as node:
            yield Heard(node, promised_topics())
    finally:
        launch.end()


PUBLIC_TOPICS = promised_topics()
NAMES = [topic.name for topic in PUBLIC_TOPICS]


@pytest.mark.parametrize("topic", PUBLIC_TOPICS, ids=NAMES)
def test_topic_has_its_type(heard: Heard, topic: Topic):
    package, name = topic.kind.split("/")
    assert heard.types[f"/{topic.name}"] == [f"{package}/msg/{name}"]


@pytest.mark.parametrize(
    "topic",
    [t for t in PUBLIC_TOPICS if t.rate_hz],
    ids=[t.name for t in PUBLIC_TOPICS if t.rate_hz],
)
def test_topic_has_its_rate_in_simulated_time(heard: Heard, topic: Topic):
    # The window is as exact as the clock is fine, at both ends; and one message may fall on its
    # edge.
    assert heard.counted[topic.name] >= topic.rate_hz * (heard.window - 2.0 * CLOCK_PERIOD_S) - 1.0


@pytest.mark.parametrize(
    "topic", [t for t in PUBLIC_TOPICS if t.frame], ids=[t.name for t in PUBLIC_TOPICS if t.frame]
)
def test_topic_has_its_frame(heard: Heard, topic: Topic):
    assert heard.newest(topic).header.frame_id == topic.frame


@pytest.mark.parametrize(
    "name",
    [name for name in NAMES if name not in (*SENT_BY_OTHERS, "diagnostics", "tf", "tf_static")],
)
def test_topic_has_one_publisher(heard: Heard, name: str):
    assert len(heard.publishers[name]) == 1


@pytest.mark.parametrize(
    "service", PUBLIC_SERVICES, ids=[service.name for service in PUBLIC_SERVICES]
)
def test_service_has_its_type(heard: Heard, service):
    package, name = service.kind.split("/")
    assert heard.services[f"/{service.name}"] == [f"{package}/srv/{name}"]


def test_what_is_left_for_later_is_absent(heard: Heard):
    assert not {f"/{name}" for name in LATER_TOPICS} & heard.types.keys()


def test_every_node_reports_its_diagnostics(heard: Heard):
    kind = message_type("diagnostic_msgs/DiagnosticArray")
    arrays = [deserialize_message(data, kind) for data in heard.messages["diagnostics"]]
    names = {status.name for array in arrays for status in array.status}
    assert names >= {"driver", "balance", "safety", "camera", "map", "recorder"}


def test_joint_states_name_all_joints(heard: Heard):
    topic = next(topic for topic in PUBLIC_TOPICS if topic.name == "joint_states")
    message = heard.newest(topic)
    assert len(set(message.name)) == len(message.position) == 40


def test_frames_form_one_tree(heard: Heard):
    parents = {t.child_frame_id: t.header.frame_id for t in heard.transforms()}
    assert parents.keys() >= FRAMES
    assert (parents["odom"], parents["base_link"], parents["base_footprint"]) == (
        "map",
        "odom",
        "base_link",
    )
    for frame in parents:
        path = [frame]
        while path[-1] in parents:
            path.append(parents[path[-1]])
            assert len(path) < 30, f"frames in a circle: {path}"
        assert path[-1] == CHAIN[0], path


def test_covariances_are_filled(heard: Heard):
    by_name = {topic.name: topic for topic in PUBLIC_TOPICS}
    odometry, imu = heard.newest(by_name["odom"]), heard.newest(by_name["imu"])
    assert all(odometry.pose.covariance[7 * i] > 0.0 for i in range(6))
    assert all(odometry.twist.covariance[7 * i] > 0.0 for i in range(6))
    assert odometry.child_frame_id == "base_link"
    assert all(imu.angular_velocity_covariance[4 * i] > 0.0 for i in range(3))
    assert all(imu.linear_acceleration_covariance[4 * i] > 0.0 for i in range(3))


@pytest.mark.parametrize("name", ["driver", "balance", "safety", "camera", "map", "recorder"])
def test_no_parameter_of_a_running_node_changes(heard: Heard, name: str):
    """No parameter can be set, not even to the value that it has.

    A calibration, a limit or the clock is another one only after a new start.
    """

    def answered(future, what: str):
        wait_until(heard.node, future.done, f"{name} does not {what}")
        return future.result()

    client = AsyncParameterClient(heard.node, name)
    names = answered(client.list_parameters(), "list its parameters").result.names
    values = answered(client.get_parameters(names), "say its parameters").values
    said = [
        ParameterMessage(name=name, value=value) for name, value in zip(names, values, strict=True)
    ]
    wishes = [Parameter.from_parameter_msg(one) for one in said]
    results = answered(client.set_parameters(wishes), "refuse").results
    assert "use_sim_time" in names and len(results) == len(names)
    assert not [
        one
        for one, result in zip(names, results, strict=True)
        if result.successful or not result.reason
    ]
