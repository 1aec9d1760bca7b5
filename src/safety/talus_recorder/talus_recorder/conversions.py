# SPDX-License-Identifier: Apache-2.0
"""What the recorder reads of the messages that it records, at the price of a comparison where
nothing changed.
"""

from __future__ import annotations

import importlib
import struct
from pathlib import Path

from ament_index_python.packages import get_package_share_directory
from builtin_interfaces.msg import Time
from rclpy.serialization import deserialize_message
from talus_core.physics import NANOSECONDS_PER_SECOND

from talus_interfaces.msg import Fault, GateState, SafetyState
from talus_recorder.format.definitions import definition
from talus_recorder.format.layout import RecordedChannel
from talus_recorder.happenings.watcher import GateView, SafetyView

# Offsets in plain CDR, its header of 4 bytes included; a test holds them against rclpy's own
# serialisation.
STAMP = struct.Struct("<iI")
STAMP_AT = 4
# RobotState ends with 18 numbers; specific force is the second three of them.
FORCE = struct.Struct("<3d")
FORCE_FROM_END = (18 - 3) * 8
# Of SafetyState what lies between stamp and sequence, of GateState phase and latch: the rest
# changes all the time.
# Padding is undefined: bytes that differ may say the same.
SAFETY_SALIENT = slice(12, -8)
GATE_SALIENT = slice(20, 22)

_PREFIX = "R"  # of the constants that are levels


def message_type(kind: str) -> type:
    """The class of `package/Type`."""
    package, name = kind.split("/")
    return getattr(importlib.import_module(f"{package}.msg"), name)


def channel(topic: str, kind: str) -> RecordedChannel:
    """Of a topic with its full name. Raises RecorderError."""
    package, name = kind.split("/")
    return RecordedChannel(topic, f"{package}/msg/{name}", definition(kind, share))


def share(package: str) -> Path:
    """Shared folder of a package."""
    return Path(get_package_share_directory(package))


def stamp_of(data: bytes) -> float:
    """Of a message that begins with its stamp, s."""
    seconds, nanoseconds = STAMP.unpack_from(data, STAMP_AT)
    return seconds + nanoseconds / NANOSECONDS_PER_SECOND


def specific_force_of(data: bytes) -> tuple[float, float, float]:
    """Of a RobotState, m/s^2."""
    return FORCE.unpack_from(data, len(data) - FORCE_FROM_END)


def safety_of(data: bytes) -> SafetyView:
    """Of a SafetyState."""
    message = deserialize_message(data, SafetyState)
    return SafetyView(message.level, level_name(message.level), message.cause, message.latched)


def gate_of(data: bytes) -> GateView:
    """Of a GateState."""
    message = deserialize_message(data, GateState)
    return GateView(message.latched, message.reason)


def fault_of(data: bytes) -> tuple[str, str, bool]:
    """Name, target and activity of a Fault."""
    message = deserialize_message(data, Fault)
    return message.name, message.target, message.active


def level_name(level: int) -> str:
    """As the message's constants call it."""
    constants = type(SafetyState).__prepare__("", ())
    return next(
        (name for name, value in constants.items() if name[0] == _PREFIX and value == level),
        f"level {level}",
    )


def time_message(seconds: float) -> Time:
    """s to a ROS time."""
    whole, nano = divmod(round(max(seconds, 0.0) * NANOSECONDS_PER_SECOND), NANOSECONDS_PER_SECOND)
    return Time(sec=whole, nanosec=nano)
