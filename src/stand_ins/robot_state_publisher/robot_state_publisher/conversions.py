# SPDX-License-Identifier: Apache-2.0
"""Reads joint states and writes transforms as the bytes that DDS carries.

They are plain CDR, little endian. Names do not change from message to message, so where the
numbers are is found out once; making message objects for every joint at every tick would cost ten
times as much as all the rest. Tests hold both equal to rclpy's own. CDR aligns each value to its
size, counted from the end of the 4-byte header.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

import numpy as np
from geometry_msgs.msg import TransformStamped
from rclpy.serialization import serialize_message
from sensor_msgs.msg import JointState
from talus_core.errors import RefusedInputError
from talus_ros.conversions import deserialised
from tf2_msgs.msg import TFMessage

from robot_state_publisher.urdf import FrameJoint

CDR_HEADER = b"\x00\x01\x00\x00"  # encapsulation: plain CDR, little endian, no options
JOINT_STATE_STAMP = struct.Struct("<iI")
STAMP_END = len(CDR_HEADER) + JOINT_STATE_STAMP.size
NUMBERS_SIZE = 7 * 8  # translation xyz, rotation xyzw


class JointStateReader:
    """Finds stamp, names and positions in the bytes of a JointState."""

    def __init__(self):
        self.names: tuple[str, ...] = ()
        self._layout = b""
        self._positions_at = STAMP_END

    def read(self, data: bytes) -> tuple[tuple[int, int], np.ndarray]:
        """Return stamp (s, ns) and positions (n,) of `names`, rad or m.

        Raises RefusedInputError for what is not usable.
        """
        if data[: len(CDR_HEADER)] + data[STAMP_END : self._positions_at] != self._layout:
            self._learn(data)
        if len(data) < self._positions_at + 8 * len(self.names):
            raise RefusedInputError(f"{len(data)} bytes end before {len(self.names)} positions")
        return JOINT_STATE_STAMP.unpack_from(data, len(CDR_HEADER)), np.frombuffer(
            data, "<f8", len(self.names), self._positions_at
        )

    def _learn(self, data: bytes) -> None:
        message = deserialised(JointState, data)
        if data[: len(CDR_HEADER)] != CDR_HEADER or len(message.name) != len(message.position):
            raise RefusedInputError(f"{len(message.name)} names, {len(message.position)} positions")
        at = _skip_string(data, STAMP_END) + 4  # frame, number of names
        for _ in message.name:
            at = _skip_string(data, at)
        self._positions_at = _aligned(at + 4, 8)  # number of positions
        self._layout = CDR_HEADER + data[STAMP_END : self._positions_at]
        self.names = tuple(message.name)


class TransformWriter:
    """Keeps the bytes of one TFMessage for some joints and fills them again and again.

    All transforms share one stamp.
    """

    def __init__(self, joints: Sequence[FrameJoint], prefix: str):
        data = serialize_message(transform_message(joints, prefix))
        self._bytes = np.frombuffer(bytearray(data), np.uint8)
        stamps = []
        numbers = []
        at = len(CDR_HEADER) + 4  # behind the number of transforms
        for _ in joints:
            stamps.append(at)
            at = _aligned(
                _skip_string(data, _skip_string(data, at + JOINT_STATE_STAMP.size)), 8
            )  # frame, child frame
            numbers.append(at)
            at += NUMBERS_SIZE
        self._stamps = np.add.outer(np.array(stamps, dtype=int), np.arange(JOINT_STATE_STAMP.size))
        self._numbers = np.add.outer(np.array(numbers, dtype=int), np.arange(NUMBERS_SIZE))

    def write(self, stamp: tuple[int, int], positions: np.ndarray, quats_xyzw: np.ndarray) -> bytes:
        """Return the message with positions (n, 3) m and quaternions (n, 4), stamped (s, ns)."""
        self._bytes[self._stamps] = np.frombuffer(JOINT_STATE_STAMP.pack(*stamp), np.uint8)
        self._bytes[self._numbers] = np.hstack([positions, quats_xyzw]).view(np.uint8)
        return self._bytes.tobytes()


def transform_message(joints: Sequence[FrameJoint], prefix: str) -> TFMessage:
    """Return the transforms of joints at zero, unstamped: static ones hold at all times."""
    return TFMessage(transforms=[_transform(joint, prefix) for joint in joints])


def _transform(joint: FrameJoint, prefix: str) -> TransformStamped:
    stamped = TransformStamped(child_frame_id=prefix + joint.child)
    stamped.header.frame_id = prefix + joint.parent
    translation = stamped.transform.translation
    rotation = stamped.transform.rotation
    translation.x, translation.y, translation.z = joint.position
    rotation.x, rotation.y, rotation.z, rotation.w = joint.quat_xyzw
    return stamped


def _skip_string(data: bytes, at: int) -> int:
    """Return where the value after the string at `at` begins, if it needs 4-byte alignment."""
    at = _aligned(at, 4)
    (length,) = struct.unpack_from("<I", data, at)
    return _aligned(at + 4 + length, 4)


def _aligned(at: int, size: int) -> int:
    return at + (len(CDR_HEADER) - at) % size
