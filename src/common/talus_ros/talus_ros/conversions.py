# SPDX-License-Identifier: Apache-2.0
"""Converts what the messages of all packages have in common."""

from __future__ import annotations

from typing import Any

from builtin_interfaces.msg import Time
from rclpy.serialization import deserialize_message
from talus_core.errors import RefusedInputError
from talus_core.physics import NANOSECONDS_PER_SECOND


def seconds(stamp: Time) -> float:
    """Return a ROS time in s."""
    return stamp.sec + stamp.nanosec / NANOSECONDS_PER_SECOND


def stamp_of(time: float) -> Time:
    """Return a time in s as a ROS time."""
    whole, rest = divmod(round(time * NANOSECONDS_PER_SECOND), NANOSECONDS_PER_SECOND)
    return Time(sec=whole, nanosec=rest)


def deserialised(message_type: type, data: bytes) -> Any:
    """Return the message that bytes hold. Raises RefusedInputError where they hold none."""
    try:
        return deserialize_message(data, message_type)
    except Exception as error:  # rclpy and Fast CDR raise many things
        raise RefusedInputError(f"{len(data)} bytes that are no {message_type.__name__}") from error
