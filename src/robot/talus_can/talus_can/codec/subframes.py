# SPDX-License-Identifier: Apache-2.0
"""Reads the subframes of a moteus payload one by one, for replies that no fast path expects.

Source: mjbots' protocol page (docs/protocol/can.md).
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass, field

_NO_OPERATION = 0x50
_REPLY = 0x20
_ERRORS = (0x30, 0x31)
_TEXT_REPLY = 0x41
_KINDS = ("<b", "<h", "<i", "<f")  # of the two bits 2 and 3 of a subframe's first byte
_NO_NUMBERS = (-128, -32768, -(2**31))
_MOST_VARUINT_BYTES = 5


class _MalformedError(Exception):
    """Says that a payload ends early or has a subframe that is none; never leaves this file."""


@dataclass
class Subframes:
    """Holds what a payload says.

    Attributes:
        registers: Values by register in steps of their kind; NaN where the drive has no number.
        kinds: Index of the kind of each: 8, 16 or 32 bits, or float.
        text: What came on the text stream; None if the payload has none.
    """

    registers: dict[int, float] = field(default_factory=dict)
    kinds: dict[int, int] = field(default_factory=dict)
    text: bytes | None = None

    def value(self, register: int, steps: tuple[float, float, float]) -> float:
        """Return a register in its unit by the steps of 8, 16 and 32 bits; NaN if not here."""
        if register not in self.registers:
            return math.nan
        return self.registers[register] * (*steps, 1.0)[self.kinds[register]]


def read_subframes(payload: bytes) -> Subframes | None:
    """Return what a reply says; None where it is malformed or no reply."""
    found = Subframes()
    try:
        _read_all(_Reader(payload), found)
    except _MalformedError:
        return None
    return found if found.registers or found.text is not None else None


class _Reader:
    """Takes bytes from the front of a payload."""

    def __init__(self, payload: bytes):
        self._payload = payload
        self._at = 0

    @property
    def is_at_end(self) -> bool:
        return self._at >= len(self._payload)

    def take(self, size: int) -> bytes:
        piece = self._payload[self._at : self._at + size]
        if len(piece) < size:
            raise _MalformedError
        self._at += size
        return piece

    def varuint(self) -> int:
        value = 0
        for place in range(_MOST_VARUINT_BYTES):
            byte = self.take(1)[0]
            value |= (byte & 0x7F) << 7 * place
            if not byte & 0x80:
                return value
        raise _MalformedError


def _read_all(reader: _Reader, found: Subframes) -> None:
    while not reader.is_at_end:
        first = reader.take(1)[0]
        if first & 0xF0 == _REPLY:
            _read_reply(reader, first, found)
        elif first in _ERRORS:
            reader.varuint()
            reader.varuint()
        elif first == _TEXT_REPLY:
            reader.varuint()
            found.text = (found.text or b"") + reader.take(reader.varuint())
        elif first != _NO_OPERATION:
            raise _MalformedError


def _read_reply(reader: _Reader, first: int, found: Subframes) -> None:
    kind = first >> 2 & 0x3
    count = first & 0x3 or reader.varuint()
    start = reader.varuint()
    size = struct.calcsize(_KINDS[kind])
    for offset in range(count):
        number = float(struct.unpack(_KINDS[kind], reader.take(size))[0])
        is_none = number == _NO_NUMBERS[kind] if kind < len(_NO_NUMBERS) else math.isinf(number)
        found.registers[start + offset] = math.nan if is_none else number
        found.kinds[start + offset] = kind
