# SPDX-License-Identifier: Apache-2.0
"""Reads the subframes that a moteus drive gets, and makes the numbers that it answers with.

Source: mjbots' protocol page, section on CAN-FD commands.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from typing import NamedTuple

from talus_core.errors import TalusError

NO_OPERATION = 0x50
_STREAM_TO_DRIVE = 0x40
_STREAM_POLL = 0x42
_WRITE_KIND = 0x0
_READ_KIND = 0x1
_MOST_VARUINT_BYTES = 5
_FORMATS = ("<b", "<h", "<i", "<f")
_LOWEST = (-0x80, -0x8000, -0x8000_0000)  # stands for no number
# Steps of 8, 16 and 32 bits, by the quantity of a register.
_POSITION = (0.01, 0.0001, 0.00001)  # turns
_VELOCITY = (0.1, 0.00025, 0.00001)  # turns/s
_TORQUE = (0.5, 0.01, 0.001)  # N m
_SCALE = (1.0 / 127.0, 1.0 / 32767.0, 1.0 / 2147483647.0)
_TEMPERATURE = (1.0, 0.1, 0.001)  # degrees Celsius
_VOLTAGE = (0.5, 0.1, 0.001)  # V
_TIME = (0.01, 0.001, 0.000001)  # s
_WHOLE = (1.0, 1.0, 1.0)
_STEPS = {
    **dict.fromkeys((0x001, 0x020, 0x026, 0x130, 0x131), _POSITION),
    **dict.fromkeys((0x002, 0x021), _VELOCITY),
    **dict.fromkeys((0x003, 0x022, 0x025), _TORQUE),
    **dict.fromkeys((0x023, 0x024), _SCALE),
    **dict.fromkeys((0x00A, 0x00E), _TEMPERATURE),
    0x00D: _VOLTAGE,
    0x027: _TIME,
}


class MalformedSubframeError(TalusError):
    """Says that a payload ends early or holds a subframe that is none."""


class Write(NamedTuple):
    """Writes numbers into registers.

    Attributes:
        start: First register.
        kind: 0 to 3: 8, 16, 32 bits, float.
        values: In steps of the kind; NaN for no number.
    """

    start: int
    kind: int
    values: tuple[float, ...]

    def unit(self, register: int) -> float:
        """Return what one step of a register is."""
        return (*_STEPS.get(register, _WHOLE), 1.0)[self.kind]


class Query(NamedTuple):
    """Asks for registers.

    Attributes:
        start: First register.
        kind: As of a `Write`.
        registers: How many.
    """

    start: int
    kind: int
    registers: int


class StreamText(NamedTuple):
    """Brings text for the drive's console."""

    text: bytes


class StreamPoll(NamedTuple):
    """Asks for so many bytes of the console's text."""

    most: int


Command = Write | Query | StreamText | StreamPoll


def read_commands(payload: bytes) -> Iterator[Command]:
    """Yield the subframes of a payload. Raises MalformedSubframeError where one is none."""
    at = 0
    while at < len(payload):
        first = payload[at]
        at += 1
        kind = first >> 2 & 0x3
        if first == NO_OPERATION:
            continue
        if first in (_STREAM_TO_DRIVE, _STREAM_POLL):
            _, at = _varuint(payload, at)
            size, at = _varuint(payload, at)
            if first == _STREAM_POLL:
                yield StreamPoll(size)
                continue
            text, at = _taken(payload, at, size)
            yield StreamText(text)
        elif first >> 4 in (_WRITE_KIND, _READ_KIND):
            count = first & 0x3
            if not count:
                count, at = _varuint(payload, at)
            start, at = _varuint(payload, at)
            if first >> 4 == _READ_KIND:
                yield Query(start, kind, count)
                continue
            size = struct.calcsize(_FORMATS[kind])
            data, at = _taken(payload, at, size * count)
            yield Write(start, kind, tuple(_values(data, kind)))
        else:
            raise MalformedSubframeError(f"subframe {first:#x} is none")


def value_bytes(register: int, value: float, kind: int) -> bytes:
    """Return a register's value in the bytes of a kind; it saturates."""
    if kind == len(_LOWEST):
        return struct.pack("<f", value)
    lowest = _LOWEST[kind]
    if math.isnan(value):
        return struct.pack(_FORMATS[kind], lowest)
    steps = round(value / _STEPS.get(register, _WHOLE)[kind])
    return struct.pack(_FORMATS[kind], min(max(steps, lowest + 1), -lowest - 1))


def varuint_bytes(value: int) -> bytes:
    """Return a whole number in as many bytes as it needs, seven bits each."""
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _values(data: bytes, kind: int) -> Iterator[float]:
    for (number,) in struct.iter_unpack(_FORMATS[kind], data):
        is_none = kind < len(_LOWEST) and number == _LOWEST[kind]
        yield math.nan if is_none or not math.isfinite(number) else float(number)


def _taken(payload: bytes, at: int, size: int) -> tuple[bytes, int]:
    if at + size > len(payload):
        raise MalformedSubframeError(f"{len(payload)} bytes end within a subframe")
    return payload[at : at + size], at + size


def _varuint(payload: bytes, at: int) -> tuple[int, int]:
    value = 0
    for place in range(_MOST_VARUINT_BYTES):
        if at >= len(payload):
            break
        byte = payload[at]
        at += 1
        value |= (byte & 0x7F) << 7 * place
        if not byte & 0x80:
            return value, at
    raise MalformedSubframeError("a number does not end")
