# SPDX-License-Identifier: Apache-2.0
"""Builds the nodes of a robot in this process, and lists the doors by which others reach them.

A door takes what a stranger sends, as rclpy would hand it over; after it the node does what its own
loop does. Nothing of that may raise.
"""

from __future__ import annotations

import json
import time
from array import array
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rclpy
from builtin_interfaces.msg import Time
from rclpy.node import Node
from rclpy.serialization import serialize_message
from robot_state_publisher.robot_state_publisher_node import RobotStatePublisher
from sensor_msgs.msg import CameraInfo, Image, JointState, PointCloud2, PointField
from talus_balance.balance_node import BalanceNode
from talus_cli.run.operating.heard_node import decoded_topics
from talus_cli.run.operating.inbox import MessageInbox
from talus_core.robot import load_robot
from talus_map.map_node import MapNode
from talus_recorder.recorder_node import RecorderNode
from talus_ros.fast_link_node import FastLink
from talus_ros.intake.intake_node import intakes_of
from talus_safety.supervisor_node import SupervisorNode

from talus_interfaces import msg

ROOT = Path(__file__).parents[1]
ROBOT_FOLDER = ROOT / "urdf" / "talus40"
ROBOT = load_robot(ROBOT_FOLDER)
JOINTS = len(ROBOT.joint_names)


@dataclass(frozen=True)
class Door:
    """Describe one way into a node.

    Attributes:
        name: Node, and topic or service.
        sample: A message or request that is right.
        take: Lets the bytes of a message in, or a request.
        is_service: Whether it takes a request.
    """

    name: str
    sample: Any
    take: Callable[[Any], None]
    is_service: bool = False


def parameters(folder: Path) -> Path:
    """Return a parameter file for all nodes of `fuzzed_doors`."""
    robot = {"robot": str(ROBOT_FOLDER)}
    limits = {"limits": str(ROOT / "config" / "safety.yaml")}
    sections = {
        "balance": robot,
        "map": robot,
        "safety": {**robot, **limits, "perception": True},
        "recorder": {"folder": str(folder / "black_box")},
        "robot_state_publisher": {"robot_description": ROBOT.urdf.read_text()},
    }
    file = folder / "nodes.yaml"
    file.write_text(
        json.dumps({name: {"ros__parameters": given} for name, given in sections.items()})
    )
    return file


def _sample(topic: str, kind: type) -> Any:
    """Return a message of a topic that the node would use."""
    message = kind()
    make = {
        msg.RobotState: _robot_state,
        msg.ElevationMap: _elevation,
        PointCloud2: _moving,
        Image: _image,
        CameraInfo: _camera,
        JointState: _joints,
    }.get(kind)
    message = message if make is None else make()
    if topic == "cmd_vel":
        message.twist.linear.x = 0.2
    if kind is msg.LimbTargets:
        message.targets = [msg.LimbTarget(limb="left_hand", frame_id="base_link")]
        message.targets[0].pose.orientation.w = 1.0
    return message


def _robot_state() -> msg.RobotState:
    pose = array("d", ROBOT.poses["sit"])
    state = msg.RobotState(
        stamp=Time(sec=1), sequence=1, position=pose, velocity=[0.0] * JOINTS, effort=[0.0] * JOINTS
    )
    state.linear_acceleration[2] = 9.81
    return state


def _elevation() -> msg.ElevationMap:
    message = msg.ElevationMap(resolution=0.05, width=20, height=20, elevation=[0.0] * 400)
    message.header.frame_id = "odom"
    message.variance = [0.01] * 400
    return message


def _moving() -> PointCloud2:
    names = ("x", "y", "z", "vx", "vy")
    fields = [PointField(name=n, offset=4 * i, datatype=7, count=1) for i, n in enumerate(names)]
    rows = np.ones((3, 5), np.float32)
    return PointCloud2(
        height=1, width=3, fields=fields, point_step=20, row_step=60, data=rows.tobytes()
    )


def _image() -> Image:
    depth = np.ones((6, 8), np.float32)
    return Image(encoding="32FC1", width=8, height=6, step=32, data=depth.tobytes())


def _camera() -> CameraInfo:
    return CameraInfo(width=8, height=6, k=[4.0, 0.0, 3.5, 0.0, 4.0, 2.5, 0.0, 0.0, 1.0])


def _joints() -> JointState:
    return JointState(name=list(ROBOT.joint_names), position=array("d", ROBOT.poses["sit"]))


class FuzzedNodes:
    """Holds the nodes and their doors; `close` ends them."""

    def __init__(self, folder: Path):
        """Build the nodes; `folder`: where they may write."""
        rclpy.init(args=["--ros-args", "--params-file", str(parameters(folder))])
        balance = BalanceNode()
        safety = SupervisorNode()
        mapper = MapNode()
        recorder = RecorderNode()
        publisher = RobotStatePublisher()
        self._nodes = (balance, safety, mapper, recorder, publisher)
        self.doors: list[Door] = []
        for name, owner, links, after in (
            ("balance", balance, (balance._link,), lambda: None),
            (
                "safety",
                safety,
                (safety._link, safety._inputs),
                lambda: safety._judge(time.monotonic()),
            ),
            ("map", mapper, (mapper._link,), mapper._fuse_ready),
            ("robot_state_publisher", publisher, (publisher._link,), lambda: None),
        ):
            for link in links:
                self._add_topics(name, link, after)
            self._add_services(name, owner._node, after)
        self._add_recorder(recorder)
        self._add_operator()

    def close(self) -> None:
        """End all nodes, so that no other test in this process finds them in its graph."""
        for node in self._nodes:
            node.close()
            node._node.destroy_node()
        self._operator.destroy_node()
        rclpy.try_shutdown()

    def _add_topics(self, name: str, link: FastLink, after: Callable[[], None]) -> None:
        for _, kind, door in link._served.values():

            def take(data: bytes, door: Any = door) -> None:
                door.take(data)
                after()

            self.doors.append(Door(f"{name} {door.label}", _sample(door.label, kind), take))

    def _add_services(self, name: str, node: Node, after: Callable[[], None]) -> None:
        for service in node.services:

            def take(request: Any, service: Any = service) -> None:
                service.callback(request, service.srv_type.Response())
                after()

            request = service.srv_type.Request()
            self.doors.append(Door(f"{name} {service.srv_name}", request, take, is_service=True))

    def _add_recorder(self, recorder: RecorderNode) -> None:
        listener = recorder._listener
        kinds = {ear.name: ear.kind for ear in listener._ears}
        for topic in ("robot_state", "safety/state", "gate/state", "sim/faults"):

            def take(data: bytes, topic: str = topic) -> None:
                intakes_of(listener._node).attempt(topic, lambda: listener._keep(topic, data))
                if topic != "robot_state":
                    listener._look_at(topic, data)
                recorder._batch()

            self.doors.append(Door(f"recorder {topic}", _sample(topic, kinds[topic]), take))

    def _add_operator(self) -> None:
        node = self._operator = rclpy.create_node("operator")
        inbox = MessageInbox()
        heard = decoded_topics(inbox, ROBOT.joint_names, intakes_of(node).attempt)
        kinds = {"joints": JointState, "safety": msg.SafetyState, "gate": msg.GateState}
        topics = {"joints": "joint_states", "safety": "safety/state", "gate": "gate/state"}
        for field, kind in kinds.items():

            def take(data: bytes, field: str = field) -> None:
                inbox.newest[topics[field]] = data
                vars(heard)[field].get()

            self.doors.append(Door(f"operator {topics[field]}", _sample("", kind), take))


def taken(door: Door, value: Any) -> BaseException | None:
    """Return what comes out of a door that should contain it, or None."""
    try:
        door.take(
            value if door.is_service or isinstance(value, bytes) else serialize_message(value)
        )
    except Exception as error:
        return error
    return None
