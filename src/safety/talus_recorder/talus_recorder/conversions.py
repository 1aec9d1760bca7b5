# SPDX-License-Identifier: Apache-2.0
"""Reads from recorded messages what the recorder needs, at the price of a comparison.

Only a message that changed costs more than that.
"""

from __future__ import annotations

import importlib
import struct
from pathlib import Path

from ament_index_python.packages import PackageNotFoundError, get_package_share_directory
from builtin_interfaces.msg import Time
from rclpy.serialization import deserialize_message
from talus_core.graph.seal import SEAL_BYTES
from talus_core.physics import NANOSECONDS_PER_SECOND

from talus_interfaces.msg import Fault, GateState, SafetyState
from talus_recorder.errors import RecorderError
from talus_recorder.format.definitions import definition
from talus_recorder.format.layout import RecordedChannel
from talus_recorder.happenings.watcher import GateView, SafetyView

# Offsets in plain CDR, its header of 4 bytes included; a test holds them against rclpy's own
# serialisation.
MESSAGE_STAMP = struct.Struct("<iI")
STAMP_AT = 4
# RobotState ends with 18 numbers and a seal; specific force is the second three of them.
FORCE = struct.Struct("<3d")
FORCE_FROM_END = (18 - 3) * 8 + SEAL_BYTES
# What lies between stamp and sequence of SafetyState, and between phase and latch of GateState: the
# rest changes all the time. Padding is undefined, so differing bytes may mean the same.
SAFETY_SALIENT = slice(12, -8 - SEAL_BYTES)
GATE_SALIENT = slice(20, 22)

_PREFIX = "R"  # prefix of the constants that are levels


def message_type(kind: str) -> type:
    """Return the class of `package/Type`."""
    package, name = kind.split("/")
    return getattr(importlib.import_module(f"{package}.msg"), name)


def channel(topic: str, kind: str) -> RecordedChannel:
    """Return the channel of a topic with its full name; raises RecorderError."""
    package, name = kind.split("/")
    return RecordedChannel(topic, f"{package}/msg/{name}", definition(kind, share))


def share(package: str) -> Path:
    """Return the shared folder of a package. Raises RecorderError."""
    try:
        return Path(get_package_share_directory(package))
    except PackageNotFoundError as error:
        raise RecorderError(
            f"no package '{package}' for a topic that is recorded; build or install it"
        ) from error


def stamp_of(data: bytes) -> float:
    """Return the stamp in s of a message that begins with it."""
    seconds, nanoseconds = MESSAGE_STAMP.unpack_from(data, STAMP_AT)
    return seconds + nanoseconds / NANOSECONDS_PER_SECOND


def specific_force_of(data: bytes) -> tuple[float, float, float]:
    """Return the specific force of a RobotState, m/s^2."""
    return FORCE.unpack_from(data, len(data) - FORCE_FROM_END)


def safety_of(data: bytes) -> SafetyView:
    """Return what the recorder needs of a SafetyState."""
    message = deserialize_message(data, SafetyState)
    return SafetyView(message.level, level_name(message.level), message.cause, message.latched)


def gate_of(data: bytes) -> GateView:
    """Return what the recorder needs of a GateState."""
    message = deserialize_message(data, GateState)
    return GateView(message.latched, message.reason)


def fault_of(data: bytes) -> tuple[str, str, bool]:
    """Return name, target and activity of a Fault."""
    message = deserialize_message(data, Fault)
    return message.name, message.target, message.active


def level_name(level: int) -> str:
    """Return the name of a level, as the message's constants call it."""
    constants = type(SafetyState).__prepare__("", ())
    return next(
        (name for name, value in constants.items() if name[0] == _PREFIX and value == level),
        f"level {level}",
    )


def time_message(seconds: float) -> Time:
    """Return a time in s as a ROS time."""
    whole, nano = divmod(round(max(seconds, 0.0) * NANOSECONDS_PER_SECOND), NANOSECONDS_PER_SECOND)
    return Time(sec=whole, nanosec=nano)
