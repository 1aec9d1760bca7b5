# SPDX-License-Identifier: Apache-2.0
"""Checks definitions and bytes of the recorded messages against rclpy's own."""

from pathlib import Path

import pytest
from builtin_interfaces.msg import Time
from rclpy.serialization import deserialize_message, serialize_message
from talus_core.graph.seal import SEAL_BYTES
from talus_recorder import conversions as convert
from talus_recorder.errors import RecorderError
from talus_recorder.format.definitions import SEPARATOR, definition, used_types
from talus_recorder.happenings.watcher import GateView, SafetyView
from talus_recorder.listening.topics import RECORDED_TOPICS

from talus_interfaces.msg import Fault, GateState, RobotState, SafetyState


@pytest.mark.parametrize("topic", RECORDED_TOPICS, ids=lambda topic: topic.name)
def test_a_definition_holds_every_type_it_needs_once(topic):
    own, *others = convert.channel(f"/{topic.name}", topic.kind).definition.split(f"{SEPARATOR}\n")
    texts = dict(other.removeprefix("MSG: ").split("\n", 1) for other in others)
    assert len(texts) == len(others)
    package = topic.kind.split("/")[0]
    needed = set(used_types(own, package))
    for name, text in texts.items():
        needed |= set(used_types(text, name.split("/")[0]))
    assert needed == texts.keys()


@pytest.mark.parametrize("topic", RECORDED_TOPICS, ids=lambda topic: topic.name)
def test_fields_of_a_definition_are_those_of_the_class(topic):
    own = definition(topic.kind, convert.share).split(SEPARATOR)[0]
    lines = [line.split("#")[0].split() for line in own.splitlines()]
    fields = {
        line[1] for line in lines if len(line) >= 2 and "=" not in line[1] and "=" not in line[2:3]
    }
    assert fields == set(convert.message_type(topic.kind).get_fields_and_field_types())


def test_of_odometry_as_rosbag2_writes_it():
    text = definition("nav_msgs/Odometry", convert.share)
    assert text.startswith((convert.share("nav_msgs") / "msg" / "Odometry.msg").read_text())
    names = [part.split("\n")[0] for part in text.split(f"\n{SEPARATOR}\n")[1:]]
    assert names[0] == "MSG: std_msgs/Header"
    assert "MSG: builtin_interfaces/Time" in names
    assert "MSG: geometry_msgs/Quaternion" in names


def test_types_are_told_from_constants_arrays_and_bounds():
    text = "uint8 A=1\nstring<=5 s\nPoint[] p\nstd_msgs/Header h  # x y\n"
    text += "geometry_msgs/msg/Twist[<=3] t\nfloat64[9] c 0\n"
    assert used_types(text, "geometry_msgs") == [
        "geometry_msgs/Point",
        "std_msgs/Header",
        "geometry_msgs/Twist",
    ]


def test_an_unknown_type_is_refused(tmp_path: Path):
    with pytest.raises(RecorderError, match="no definition of some_msgs/Thing"):
        definition("some_msgs/Thing", lambda package: tmp_path)


def test_stamp_and_specific_force_of_robot_state():
    message = RobotState(
        stamp=Time(sec=12, nanosec=500_000_000), position=[0.0] * 7, velocity=[0.0] * 7
    )
    message.effort = [0.0] * 7
    message.linear_acceleration = [1.0, -2.0, 9.5]
    data = serialize_message(message)
    assert convert.stamp_of(data) == 12.5
    assert convert.specific_force_of(data) == (1.0, -2.0, 9.5)


@pytest.mark.parametrize("cause", ["", "a", "because of it", "longer and longer"])
def test_what_is_compared_of_safety_state_holds_all_that_matters(cause: str):
    def salient(**changed) -> bytes:
        fields = {"level": 3, "cause": cause, "clears_by": "x", **changed}
        return serialize_message(SafetyState(**fields))[convert.SAFETY_SALIENT]

    for changed in ({"level": 2}, {"latched": True}, {"cause": cause + "!"}):
        assert salient(**changed) != salient()
    whole = serialize_message(SafetyState(level=3, cause=cause, clears_by="x"))
    header_and_stamp, sequence = 4 + 8, 8
    assert len(salient()) == len(whole) - header_and_stamp - sequence - SEAL_BYTES


def test_of_gate_state_only_what_matters_is_compared():
    def salient(**changed) -> bytes:
        return serialize_message(GateState(**changed))[convert.GATE_SALIENT]

    before = salient(phase=1)
    assert (
        salient(phase=1, stamp=Time(sec=9, nanosec=7), sequence=99, reason="x", rejected=7)
        == before
    )
    assert salient(phase=2) != before
    assert salient(phase=1, latched=True) != before


def test_views():
    safety = SafetyState(level=SafetyState.R2_SAFE_STAND, cause="why", latched=True)
    assert convert.safety_of(serialize_message(safety)) == SafetyView(
        2, "R2_SAFE_STAND", "why", True
    )
    assert convert.level_name(77) == "level 77"
    assert convert.gate_of(serialize_message(GateState(latched=True, reason="why"))) == GateView(
        True, "why"
    )
    fault = Fault(name="imu.stuck", target="", active=True)
    assert convert.fault_of(serialize_message(fault)) == ("imu.stuck", "", True)
    assert deserialize_message(serialize_message(convert.time_message(2.25)), Time) == Time(
        sec=2, nanosec=250_000_000
    )
