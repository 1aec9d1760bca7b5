# SPDX-License-Identifier: Apache-2.0
"""Turns numbers into unsigned fields of a range and back, as the makers' sample programs do."""

from __future__ import annotations

import struct

_LARGEST_FLOAT = 3.4e38


def to_field(value: float, low: float, high: float, bits: int) -> int:
    """Return a value as an integer of so many bits, rounded down; out of range it saturates."""
    top = (1 << bits) - 1
    share = (min(max(value, low), high) - low) / (high - low)
    return int(share * top)


def from_field(field: int, low: float, high: float, bits: int) -> float:
    """Return what an integer of so many bits means."""
    return low + field * (high - low) / ((1 << bits) - 1)


def to_byte(value: float) -> int:
    """Return a temperature or the like as an unsigned byte."""
    return min(max(round(value), 0), 255)


def to_word(value: float) -> int:
    """Return a whole number as an unsigned word of 32 bits."""
    return min(max(round(value), 0), 0xFFFF_FFFF)


def float_bytes(value: float) -> bytes:
    """Return a float of 32 bits, the lowest byte first."""
    return struct.pack("<f", min(max(value, -_LARGEST_FLOAT), _LARGEST_FLOAT))


def float_of(data: bytes) -> float:
    """Return the float of the first four bytes, the lowest first."""
    return float(struct.unpack_from("<f", data)[0])


def word_of(data: bytes) -> int:
    """Return the unsigned word of the first four bytes, the lowest first."""
    return int.from_bytes(data[:4], "little")
