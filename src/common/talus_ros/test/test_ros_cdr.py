# SPDX-License-Identifier: Apache-2.0
"""The codecs of the fast path against rclpy's own serialisation."""

from array import array

import numpy as np
import pytest
from rclpy.serialization import deserialize_message, serialize_message
from talus_core.state import JointCommand, RobotState
from talus_ros.cdr import JointCommandCodec, RobotStateCodec

from talus_interfaces import msg

SIZES = (1, 2, 7, 28, 40)
ARRAYS = ("position", "velocity", "effort", "kp", "kd")


def command(size: int) -> JointCommand:
    random = np.random.default_rng(size)
    return JointCommand(2**40 + 3, *random.standard_normal((5, size)))


def state(size: int) -> RobotState:
    random = np.random.default_rng(size)
    joints = random.standard_normal((3, size))
    vectors = random.standard_normal((2, 3))
    return RobotState(
        77, 1234.000000005, 2**50, *joints, *vectors, random.standard_normal((2, 6)), True
    )


def command_message(given: JointCommand) -> msg.JointCommand:
    arrays = {name: array("d", getattr(given, name)) for name in ARRAYS}
    return msg.JointCommand(sequence=given.sequence, **arrays)


def state_message(given: RobotState, standby_active: bool) -> msg.RobotState:
    message = msg.RobotState(
        sequence=given.sequence,
        steady_time_ns=given.steady_time_ns,
        torque_enabled=given.torque_enabled,
        standby_active=standby_active,
        angular_velocity=given.angular_velocity,
        linear_acceleration=given.linear_acceleration,
        left_wrench=given.foot_wrenches[0],
        right_wrench=given.foot_wrenches[1],
        **{name: array("d", getattr(given, name)) for name in ARRAYS[:3]},
    )
    message.stamp.sec = 1234
    message.stamp.nanosec = 5
    return message


@pytest.mark.parametrize("size", SIZES)
def test_what_we_encode_rclpy_reads(size):
    read = deserialize_message(JointCommandCodec(size).encode(command(size)), msg.JointCommand)
    assert read == command_message(command(size))
    read = deserialize_message(RobotStateCodec(size).encode(state(size), True), msg.RobotState)
    assert read == state_message(state(size), True)


@pytest.mark.parametrize("size", SIZES)
def test_what_rclpy_writes_we_decode(size):
    decoded = JointCommandCodec(size).decode(serialize_message(command_message(command(size))))
    assert decoded.sequence == command(size).sequence
    for name in ARRAYS:
        np.testing.assert_array_equal(getattr(decoded, name), getattr(command(size), name))
    decoded, standby_active = RobotStateCodec(size).decode(
        serialize_message(state_message(state(size), False))
    )
    assert not standby_active
    assert decoded.torque_enabled
    assert (decoded.sequence, decoded.steady_time_ns) == (77, 2**50)
    assert decoded.time == pytest.approx(1234.000000005, abs=1e-9)
    for name in (*ARRAYS[:3], "angular_velocity", "linear_acceleration", "foot_wrenches"):
        np.testing.assert_array_equal(getattr(decoded, name), getattr(state(size), name))


def test_another_size_is_refused():
    assert JointCommandCodec(40).decode(JointCommandCodec(39).encode(command(39))) is None
    assert RobotStateCodec(40).decode(RobotStateCodec(39).encode(state(39), False)) is None
    with pytest.raises(ValueError, match="broadcast"):
        JointCommandCodec(40).encode(command(39))


def test_arrays_of_unequal_sizes_that_sum_up_are_refused():
    uneven = command_message(command(4))
    uneven.position = array("d", [0.0] * 3)
    uneven.velocity = array("d", [0.0] * 5)
    data = serialize_message(uneven)
    assert len(data) == len(JointCommandCodec(4).encode(command(4)))
    assert JointCommandCodec(4).decode(data) is None


def test_another_encoding_is_refused():
    data = bytearray(JointCommandCodec(4).encode(command(4)))
    data[1] = 0  # big endian
    assert JointCommandCodec(4).decode(bytes(data)) is None
    assert JointCommandCodec(4).decode(b"") is None
