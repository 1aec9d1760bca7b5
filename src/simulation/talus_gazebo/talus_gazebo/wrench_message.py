# SPDX-License-Identifier: Apache-2.0
"""Reads gz.msgs.Wrench from its bytes, whatever release of protobuf Python has, or none.

Protocol buffers, *Encoding*: a message is a row of fields, each a tag (number << 3 | kind) and a
value. Of gz/msgs/wrench.proto: 1 header, 2 force, 3 torque; vector3d.proto: 2 x, 3 y, 4 z;
header.proto: 1 stamp; time.proto: 1 sec, 2 nsec. A number that is 0 is not sent.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from talus_core.errors import TalusError
from talus_core.physics import NANOSECONDS_PER_SECOND

# Kinds of fields.
VARINT = 0
FIXED64 = 1
BYTES = 2
FIXED32 = 5


class WireError(TalusError):
    """Says that bytes are no message of protocol buffers."""


@dataclass(frozen=True)
class StampedWrench:
    """Holds what a force-torque sensor said.

    Attributes:
        time_ns: Simulated time of the sample, ns.
        wrench: (6,) force, N, and torque, N m, in the sensor's axes.
    """

    time_ns: int
    wrench: np.ndarray


def read_wrench(message: bytes) -> StampedWrench:
    """Return the contents of a gz.msgs.Wrench. Raises WireError."""
    time_ns = 0
    wrench = np.zeros(6)
    for number, value in _fields(message):
        if number == 1:
            time_ns = _stamp(_inner(value))
        elif number in (2, 3):
            first = 3 * (number - 2)
            wrench[first : first + 3] = _vector(_inner(value))
    return StampedWrench(time_ns, wrench)


def _stamp(header: bytes) -> int:
    for number, value in _fields(header):
        if number == 1:
            parts = {
                part: count for part, count in _fields(_inner(value)) if isinstance(count, int)
            }
            return parts.get(1, 0) * NANOSECONDS_PER_SECOND + parts.get(2, 0)
    return 0


def _vector(message: bytes) -> np.ndarray:
    vector = np.zeros(3)
    for number, value in _fields(message):
        if number in (2, 3, 4):
            number_bytes = _inner(value)
            if len(number_bytes) != 8:
                raise WireError("a component of a vector in gz.msgs.Wrench is no double")
            vector[number - 2] = struct.unpack("<d", number_bytes)[0]
    return vector


def _inner(value: int | bytes) -> bytes:
    if isinstance(value, int):
        raise WireError("a field of gz.msgs.Wrench is a number where it should hold fields")
    return value


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Yield number and value of each field: a whole number, or bytes."""
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        kind = tag & 7
        if kind == VARINT:
            value, at = _varint(message, at)
            yield tag >> 3, value
            continue
        if kind == BYTES:
            size, at = _varint(message, at)
        elif kind in (FIXED64, FIXED32):
            size = 8 if kind == FIXED64 else 4
        else:
            raise WireError(f"a field of kind {kind} in {len(message)} bytes of gz.msgs.Wrench")
        if at + size > len(message):
            raise WireError(f"{len(message)} bytes of gz.msgs.Wrench end within a field")
        yield tag >> 3, message[at : at + size]
        at += size


def _varint(message: bytes, at: int) -> tuple[int, int]:
    """Return a whole number and the place after it."""
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(message):
            raise WireError(f"{len(message)} bytes of gz.msgs.Wrench end within a number")
        byte = message[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise WireError("a whole number of more than ten bytes in gz.msgs.Wrench")
