# SPDX-License-Identifier: Apache-2.0
"""Builds every node of a robot in this process, and lists the doors by which others reach it.

A door takes what a stranger sends, as rclpy would hand it over; after it the node does what its own
loop does. Nothing of that may raise.
"""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Iterable
from pathlib import Path
from threading import Event
from unittest.mock import patch

import mujoco
import numpy as np
import rclpy
from fuzzed_doors import Door
from fuzzed_graph import OPERATOR_KEY, Fuzzed, message_door
from fuzzed_page import FuzzedPage, udp_doors
from fuzzed_samples import ROBOT, ROBOT_FOLDER, ROOT, message_sample
from nav_msgs.msg import Odometry
from rclpy.signals import SignalHandlerOptions
from robot_state_publisher.robot_state_publisher_node import RobotStatePublisher
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import BatteryState, JointState
from talus_balance.balance_node import BalanceNode
from talus_cli.run.operating.heard_node import decoded_topics
from talus_cli.run.operating.inbox import MessageInbox
from talus_core.graph.seal import KEY_VARIABLE
from talus_description.scene import load_scene
from talus_drivers.driver_node import DriverNode
from talus_lab.scenario.graph_link_node import GraphLink
from talus_localisation.localisation_node import LocalisationNode
from talus_map.map_node import MapNode
from talus_perception.perception_node import PerceptionNode
from talus_recorder.recorder_node import RecorderNode
from talus_ros.intake.intake_node import intakes_of
from talus_safety.operator_device_node import OperatorDeviceNode
from talus_safety.supervisor_node import SupervisorNode
from talus_simulation.cameras import camera_node
from talus_view.view_node import ViewNode

from talus_interfaces import msg

TICKS_SHARE = 0.3  # of the knocks of other doors: a tick of a body or of balance costs 1 ms


def free_port() -> int:
    """Return a port of this machine that nobody uses now, for TCP and UDP."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def parameters(folder: Path) -> Path:
    """Return a parameter file for all nodes."""
    robot = {"robot": str(ROBOT_FOLDER)}
    anybody = {"authenticated": False}
    limits = {"limits": str(ROOT / "config" / "safety.yaml")}
    key = folder / "operator.key"
    key.write_text(OPERATOR_KEY.hex())
    key.chmod(0o600)
    operator = {"operator_key": str(key), "operator_udp": f"127.0.0.1:{free_port()}"}
    sections = {
        "balance": {**robot, **anybody, "policy": str(ROOT / "policies" / "talus40_stand.yaml")},
        "map": robot,
        "localisation": robot,
        "perception": {**robot, "watches_without_model": True},
        "safety": {**robot, **anybody, **limits, **operator, "perception": True},
        "driver": {**robot, **anybody, **limits, "driver": "mujoco"},
        "camera": {**robot, "world": str(ROOT / "urdf" / "worlds" / "flat.xml")},
        "operator_device": {"key": str(key)},
        "recorder": {"folder": str(folder / "black_box")},
        "view": {"port": free_port()},
        "robot_state_publisher": {"robot_description": ROBOT.urdf.read_text()},
    }
    file = folder / "nodes.yaml"
    file.write_text(
        json.dumps({name: {"ros__parameters": given} for name, given in sections.items()})
    )
    return file


class _PosedScene:
    """Poses a scene as the renderer of the cameras does, without a picture."""

    def __init__(self, *_: object):
        self._model = load_scene(ROBOT_FOLDER)
        self._data = mujoco.MjData(self._model)
        self.position_size = self._model.nq

    def pose(self, qpos: np.ndarray) -> None:
        self._data.qpos[:] = qpos
        mujoco.mj_kinematics(self._model, self._data)

    def render(self, *_: object) -> tuple[np.ndarray, np.ndarray]:
        """Return a small picture, and its depth."""
        return np.zeros((6, 8, 3), np.uint8), np.ones((6, 8), np.float32)

    def close(self) -> None:
        """Free nothing: there is no context."""


class _NoWait:
    """Stands for the wait at the end of a tick: nobody is waited for."""

    def wait(self, sequence: int, ended: Event) -> bool:
        return True


class FuzzedNodes:
    """Holds the nodes and their doors; `close` ends them."""

    @patch.dict(os.environ, {KEY_VARIABLE: ""})
    def __init__(self, folder: Path):
        """Build the nodes; `folder`: where they may write.

        They obey whoever speaks: else nearly all that is tried would end at the seal.
        """
        words = ["--ros-args", "--params-file", str(parameters(folder))]
        rclpy.init(args=words, signal_handler_options=SignalHandlerOptions.NO)
        balance, safety, mapper = BalanceNode(), SupervisorNode(), MapNode()
        recorder, publisher, device = RecorderNode(), RobotStatePublisher(), OperatorDeviceNode()
        driver, camera = self._driver(), self._camera()
        view, localiser, eyes = ViewNode(), LocalisationNode(), PerceptionNode()
        self._nodes = [balance, safety, mapper, recorder, publisher, device, driver, camera]
        self._nodes += [localiser, eyes, view]
        self._page = FuzzedPage(view)
        self._scenario = GraphLink(lambda gate: None)
        self._operator = rclpy.create_node("operator")
        inputs = (safety._link, safety._inputs)

        def judge() -> None:
            safety._judge(time.monotonic())

        fuzzed = (
            Fuzzed("balance", balance._node, (balance._link,)),
            Fuzzed("safety", safety._node, inputs, judge),
            Fuzzed("map", mapper._node, (mapper._link,), mapper._fuse_ready),
            Fuzzed("localisation", localiser._node, (localiser._link,), localiser._look_at_ready),
            Fuzzed("perception", eyes._node, (eyes._link,), eyes._look),
            Fuzzed("robot_state_publisher", publisher._node, (publisher._link,)),
            Fuzzed("operator_device", device._node, (device._link,)),
            Fuzzed("driver", driver._node, (driver._link,), self._tick, TICKS_SHARE),
            Fuzzed("camera", camera._node, (camera._link,)),
            Fuzzed("recorder", recorder._node, (), recorder._batch),
            Fuzzed("scenario", self._scenario._node, (self._scenario._link,), self._follow),
        )
        self.doors = [door for node in fuzzed for door in node.doors()]
        self.doors += [*self._recorder_doors(recorder), *self._operator_doors()]
        self.doors += [*self._page.doors(), *udp_doors(safety._operator, judge)]

    def close(self) -> None:
        """End all nodes, so that no other test in this process finds them in its graph."""
        self._page.close()
        for node in self._nodes:
            node.close()
            node._node.destroy_node()
        self._operator.destroy_node()
        self._scenario.close()
        rclpy.try_shutdown()

    def _driver(self) -> DriverNode:
        """Return a driver whose loop is this thread: it does errands at once, and never waits.

        A service of the driver waits until its loop has done what was asked for.
        """
        driver = self._driven = DriverNode()
        driver._driver.connect()
        driver._errands._wake = driver._errands.run
        driver._tick_end = _NoWait()
        return driver

    def _tick(self) -> None:
        self._driven._run_tick(Event())

    def _camera(self) -> camera_node.CameraNode:
        load_renderer = camera_node.load_renderer
        camera_node.load_renderer = _PosedScene  # rendering needs a graphics library
        try:
            return camera_node.CameraNode()
        finally:
            camera_node.load_renderer = load_renderer

    def _follow(self) -> None:
        """Do what a scenario's link does between two messages."""
        if "gate/state" in self._scenario.newest:
            self._scenario._resume(self._scenario.time)
            self._scenario._send_velocity()

    def _recorder_doors(self, recorder: RecorderNode) -> Iterable[Door]:
        listener = recorder._listener
        for ear in listener._ears:

            def take(data: bytes, topic: str = ear.name) -> None:
                intakes_of(listener._node).attempt(topic, lambda: listener._keep(topic, data))
                if topic != "robot_state":
                    listener._look_at(topic, data)
                recorder._batch()

            yield message_door(f"recorder {ear.name}", message_sample(ear.name, ear.kind), take)

    def _operator_doors(self) -> Iterable[Door]:
        inbox = MessageInbox()
        attempt = intakes_of(self._operator).attempt
        heard = vars(decoded_topics(inbox, ROBOT.joint_names, attempt))
        for field, topic, kind in (
            ("clock", "clock", Clock),
            ("safety", "safety/state", msg.SafetyState),
            ("mode", "balance/state", msg.BalanceState),
            ("truth", "sim/ground_truth", Odometry),
            ("odometry", "odom", Odometry),
            ("joints", "joint_states", JointState),
            ("battery", "battery_state", BatteryState),
            ("gate", "gate/state", msg.GateState),
        ):

            def take(data: bytes, field: str = field, topic: str = topic) -> None:
                inbox.newest[topic] = data
                heard[field].get()

            yield message_door(f"operator {topic}", message_sample(topic, kind), take)
