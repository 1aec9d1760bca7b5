# SPDX-License-Identifier: Apache-2.0
"""Runs the eyes' node as a process: pictures in, people out; bad ones named, the rest goes on."""

import subprocess
import sys

import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticArray
from geometry_msgs.msg import TransformStamped
from sensor_msgs.msg import CameraInfo, Image, PointCloud2
from sim_assertions import LATCHED, observer, wait_until
from stub_eyes import painted, write_stub
from tf2_msgs.msg import TFMessage
from visualization_msgs.msg import MarkerArray

from talus_interfaces.msg import DetectedObjectArray

MAIN = "from talus_perception.perception_node import main; raise SystemExit(main())"
ROBOT_YAML = """cameras:
  eye: {width: 320, height: 240, horizontal_fov_deg: 87, depth: false}
  ear: {width: 320, height: 240, horizontal_fov_deg: 87, depth: false}
"""
FRAME = "eye_camera_optical_frame"


def edge(stamp, parent, child, quat=(0.0, 0.0, 0.0, 1.0)):
    message = TransformStamped(child_frame_id=child)
    message.header.frame_id = parent
    message.header.stamp.sec, message.header.stamp.nanosec = stamp
    q = message.transform.rotation
    q.x, q.y, q.z, q.w = quat
    return message


class World:
    """Acts as all around the node: tf, a camera that sees a person, one that sends rubbish."""

    def __init__(self, node):
        self.node = node
        self.said = ""
        self.values = {}
        self.heard = {}
        self.rubbish = {}
        self._ticks = 0
        self._tf = node.create_publisher(TFMessage, "tf", 10)
        static = node.create_publisher(TFMessage, "tf_static", LATCHED)
        look = (-0.5, 0.5, -0.5, 0.5)  # along x of the base
        static.publish(TFMessage(transforms=[edge((0, 0), "base_link", FRAME, look)]))
        self._out = {}
        for name in ("eye", "ear"):
            self._out[name] = (
                node.create_publisher(CameraInfo, f"camera/{name}/camera_info", 10),
                node.create_publisher(Image, f"camera/{name}/image_raw", 10),
            )
        node.create_subscription(DiagnosticArray, "diagnostics", self._on_diagnostics, 10)
        for topic, kind in (
            ("objects", DetectedObjectArray),
            ("objects/markers", MarkerArray),
            ("objects/people", PointCloud2),
            ("camera/eye/semantics", Image),
            ("camera/eye/overlay", Image),
            ("camera/eye/depth/estimated", Image),
        ):
            node.create_subscription(kind, topic, lambda m, t=topic: self.heard.update({t: m}), 10)
        node.create_timer(0.02, self._tick)

    def _on_diagnostics(self, message):
        for status in message.status:
            if status.name.endswith("perception"):
                self.said = status.message
                self.values = {each.key: each.value for each in status.values}

    def _tick(self):
        self._ticks += 1
        stamp = divmod(self._ticks * 100_000_000, 10**9)
        self._tf.publish(TFMessage(transforms=[edge(stamp, "odom", "base_link")]))
        info, pictures = self._out["eye"]
        info.publish(camera_info(stamp))
        pictures.publish(image(stamp))
        self._out["ear"][0].publish(camera_info(stamp))
        self._out["ear"][1].publish(image(stamp, **self.rubbish))


def camera_info(stamp):
    k = np.array([[168.0, 0, 159.5], [0, 168.0, 119.5], [0, 0, 1]])
    message = CameraInfo(width=320, height=240, k=k.ravel())
    message.header.stamp.sec, message.header.stamp.nanosec = stamp
    return message


def image(stamp, **changes):
    picture = painted({(16, 20): "red"})[8:248]
    message = Image(width=320, height=240, encoding="rgb8", step=960, data=picture.tobytes())
    message.header.frame_id = FRAME
    message.header.stamp.sec, message.header.stamp.nanosec = stamp
    for name, value in changes.items():
        setattr(message, name, value)
    return message


@pytest.fixture
def start(ros_domain, tmp_path):
    """Start the node with these parameters, and yield the world around it."""
    (tmp_path / "robot.yaml").write_text(ROBOT_YAML)
    started = []

    def begin(node, **parameters):
        given = {"robot": tmp_path, **parameters}
        words = [word for key, value in given.items() for word in ("-p", f"{key}:={value}")]
        started.append(subprocess.Popen([sys.executable, "-c", MAIN, "--ros-args", *words]))
        return World(node)

    with observer() as node:
        yield lambda **parameters: begin(node, **parameters)
    for process in started:
        process.terminate()
        try:
            assert process.wait(30.0) == 0
        finally:
            process.kill()


def test_a_person_before_one_camera_is_told_in_every_form(start, tmp_path):
    model = write_stub(tmp_path, trusted=("people",))
    world = start(model=model)
    wait_until(
        world.node,
        lambda: (
            len(world.heard) == 6
            and bool(world.heard["objects"].objects)
            and len(world.heard["objects/markers"].markers) >= 3
            and world.heard["objects/people"].width == 1
        ),
        "no person",
    )
    message = world.heard["objects"]
    (person,) = message.objects
    assert message.header.frame_id == "odom"
    assert (person.kind, person.unseen) == ("person", 0.0)
    assert person.pose.position.x == pytest.approx(2.1, abs=0.1)
    assert world.heard["camera/eye/semantics"].encoding == "mono8"
    assert world.heard["camera/eye/depth/estimated"].height == 240

    age = message.header.stamp.sec
    world.rubbish = {"encoding": "16UC1"}
    wait_until(world.node, lambda: "16UC1" in world.said, "the wrong encoding is not named")
    world.rubbish = {"width": 0, "step": 0, "data": b""}
    wait_until(world.node, lambda: "0 x 240" in world.said, "the empty picture is not named")
    wait_until(
        world.node, lambda: world.heard["objects"].header.stamp.sec > age, "the rest stands still"
    )


def test_without_a_model_it_says_so_and_hears_no_picture(start):
    world = start()
    wait_until(world.node, lambda: "no network" in world.said, "it does not say so")
    assert world.node.count_subscribers("camera/eye/image_raw") == 0
    assert world.node.count_publishers("objects") == 0


def test_a_model_that_does_not_fit_leaves_it_running_and_named(start, tmp_path):
    world = start(model=write_stub(tmp_path, sha256="0" * 64))
    wait_until(world.node, lambda: "SHA-256" in world.said, "the model is not named")
