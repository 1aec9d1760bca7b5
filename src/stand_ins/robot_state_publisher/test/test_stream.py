# SPDX-License-Identifier: Apache-2.0
"""Checks that bytes equal rclpy's own serialisation, at no more than the rate asked for."""

import math

import pytest
from rclpy.serialization import deserialize_message, serialize_message
from robot_state_publisher.conversions import JointStateReader
from robot_state_publisher.stream import MOST_JOINT_ORDERS, TransformStream
from robot_state_publisher.urdf import FrameJoint
from sensor_msgs.msg import JointState
from talus_core.errors import RefusedInputError
from tf2_msgs.msg import TFMessage


def joint(name: str, parent: str) -> FrameJoint:
    return FrameJoint(
        name,
        "revolute",
        parent,
        f"{name}_link",
        (0.1, 0.2, 0.3),
        (0.0, 0.0, 0.0, 1.0),
        (0.0, 0.0, 1.0),
        None,
    )


JOINTS = [joint("hip", "base"), joint("a_joint_with_a_long_name", "hip_link"), joint("toe", "x")]


def state(positions: dict[str, float], seconds: float = 0.0, frame: str = "") -> bytes:
    message = JointState(name=list(positions), position=list(positions.values()))
    message.header.frame_id = frame
    message.header.stamp.sec = int(seconds)
    message.header.stamp.nanosec = round((seconds % 1) * 1e9)
    return serialize_message(message)


@pytest.mark.parametrize("frame", ["", "b", "base", "base_link"])
@pytest.mark.parametrize("names", [["a"], ["ab", "abc"], ["abcd", "x", "long_joint_name"], []])
def test_reader_agrees_with_rclpy_for_every_alignment(frame, names):
    positions = {name: 0.1 * index - 1.0 for index, name in enumerate(names)}
    reader = JointStateReader()
    for seconds in (3.25, 4.5):  # learns, then knows
        stamp, read = reader.read(state(positions, seconds, frame))
        assert stamp == (int(seconds), round((seconds % 1) * 1e9))
        assert dict(zip(reader.names, read.tolist(), strict=True)) == positions


def test_reader_follows_a_change_of_names():
    reader = JointStateReader()
    reader.read(state({"a": 1.0, "b": 2.0}))
    _, read = reader.read(state({"b": 5.0, "a": 6.0}))
    assert dict(zip(reader.names, read.tolist(), strict=True)) == {"b": 5.0, "a": 6.0}


@pytest.mark.parametrize("prefix", ["", "p/", "robot_1/"])
def test_transforms_are_those_of_the_joints(prefix):
    stream = TransformStream(JOINTS, prefix)
    positions = {"a_joint_with_a_long_name": 0.5, "hip": -1.0}
    for seconds in (1.0, 2.5):
        message = deserialize_message(stream.transforms(state(positions, seconds), 0.0), TFMessage)
        assert [t.child_frame_id for t in message.transforms] == [
            f"{prefix}{j.name}_link" for j in JOINTS[:2]
        ]
        for transform, source in zip(message.transforms, JOINTS, strict=False):
            assert transform.header.frame_id == prefix + source.parent
            assert transform.header.stamp.sec + 1e-9 * transform.header.stamp.nanosec == seconds
            assert (transform.transform.translation.x, transform.transform.translation.z) == (
                0.1,
                0.3,
            )
            angle = 2 * math.atan2(transform.transform.rotation.z, transform.transform.rotation.w)
            assert angle == pytest.approx(positions[source.name])


def test_rate_is_bounded_and_time_may_start_anew():
    stream = TransformStream(JOINTS, "")
    sent = [
        stream.transforms(state({"hip": 0.0}, t), 0.05) is not None
        for t in (10.0, 10.02, 10.04, 10.06, 1.0, 1.01)
    ]
    assert sent == [True, False, False, True, True, False]


def test_two_publishers_of_parts_do_not_slow_each_other():
    stream = TransformStream(JOINTS, "")
    first = [stream.transforms(state({name: 0.0}, 5.0), 0.05) for name in ("hip", "toe", "hip")]
    assert [transforms is not None for transforms in first] == [True, True, False]


@pytest.mark.parametrize("position", [math.nan, math.inf])
def test_position_that_is_no_number_is_refused(position):
    with pytest.raises(RefusedInputError, match="not finite"):
        TransformStream(JOINTS, "").transforms(state({"hip": position}), 0.0)


def test_names_and_positions_of_unequal_number_are_refused():
    data = serialize_message(JointState(name=["hip", "toe"], position=[1.0]))
    with pytest.raises(RefusedInputError, match="2 names, 1 positions"):
        TransformStream(JOINTS, "").transforms(data, 0.0)


def test_joints_of_something_else_are_refused():
    with pytest.raises(RefusedInputError, match="joints of something else: stranger"):
        TransformStream(JOINTS, "").transforms(state({"stranger": 1.0}), 0.0)


def test_a_flood_of_orders_is_bounded():
    stream = TransformStream(JOINTS, "")
    with pytest.raises(RefusedInputError, match="in another order for the 65th time"):
        for number in range(MOST_JOINT_ORDERS + 1):
            stream.transforms(state({"hip": 0.0, f"other{number}": 0.0}), 0.0)
