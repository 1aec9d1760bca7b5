# SPDX-License-Identifier: Apache-2.0
"""Counts the bits that one frame has on the wire, with the stuff bits of its very contents.

ISO 11898-1: after five equal bits comes one of the other value, which is itself the first of the
next five. In CAN FD the checksum has its stuff bits at fixed places instead.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from talus_can.frames import EXTENDED, FLEXIBLE, FLEXIBLE_LENGTHS, RATE_SWITCH, REMOTE
from talus_can.load import BitRates

from talus_drive_simulator.wires.frame import WireFrame

_CHECK_BITS = 15
_CHECK_POLYNOMIAL = 0x4599  # of classic CAN
_DELIMITER_BITS = 1
_TAIL_BITS = 1 + 1 + 7 + 3  # acknowledge and its delimiter, end of frame, space to the next
_STUFF_COUNT_BITS = 4
_SHORT_PAYLOAD_BYTES = 16
_SHORT_CHECK_BITS = 17 + 6  # of FD, with its fixed stuff bits
_LONG_CHECK_BITS = 21 + 7
_LENGTH_CODES = {length: code for code, length in enumerate(FLEXIBLE_LENGTHS)}
_BASE_SHIFT = 18  # of the first 11 bits of an extended identifier
_BASE_MASK = 0x3_FFFF


class ExactBits(NamedTuple):
    """Holds the bits of one frame, the space after it included.

    Attributes:
        nominal: Bits at the nominal rate.
        data: Bits at the rate of the data.
    """

    nominal: int
    data: int

    def seconds(self, rates: BitRates) -> float:
        """Return how long the frame keeps the bus."""
        return self.nominal / rates.nominal + self.data / rates.data


def exact_bits(frame: WireFrame) -> ExactBits:
    """Return the bits of a frame."""
    if frame.flags & FLEXIBLE:
        return _flexible_bits(frame)
    bits, size = _identifier(frame)
    is_remote = 1 if frame.flags & REMOTE else 0
    if frame.flags & EXTENDED:
        bits = bits << 3 | is_remote << 2  # two reserved bits
        size += 3
    else:
        bits = bits << 1  # a reserved bit; remote and kind of identifier are there already
        size += 1
    payload = b"" if is_remote else frame.data
    bits = (bits << 4 | len(frame.data)) << 8 * len(payload) | int.from_bytes(payload, "big")
    size += 4 + 8 * len(payload)
    bits = bits << _CHECK_BITS | checksum(bits, size)
    size += _CHECK_BITS
    stuff = _stuff_bits(f"{bits:0{size}b}")
    return ExactBits(size + stuff + _DELIMITER_BITS + _TAIL_BITS, 0)


def arbitration_key(frame: WireFrame) -> int:
    """Return the bits by which a frame wins or loses the wire, as a number: the least wins."""
    is_remote = 1 if frame.flags & REMOTE else 0
    if frame.flags & EXTENDED:
        base = frame.can_id >> _BASE_SHIFT << 2 | 0b11
        return base << 19 | (frame.can_id & _BASE_MASK) << 1 | is_remote
    return (frame.can_id << 2 | is_remote << 1) << 19


def checksum(bits: int, size: int) -> int:
    """Return the 15 bits of checksum of classic CAN over `size` bits."""
    register = 0
    for byte in bits.to_bytes((size + 7) // 8, "big"):  # zeros before the first bit change nothing
        register = (register << 8 ^ _CHECK_TABLE[register >> 7 ^ byte]) & 0x7FFF
    return register


def _identifier(frame: WireFrame) -> tuple[int, int]:
    """Return what a frame begins with, and its size: start, identifier, and what kind it is."""
    if frame.flags & EXTENDED:
        base = frame.can_id >> _BASE_SHIFT
        return (base << 2 | 0b11) << 18 | (frame.can_id & _BASE_MASK), 1 + 11 + 2 + 18
    is_remote = 1 if frame.flags & REMOTE else 0
    return (frame.can_id << 1 | is_remote) << 1, 1 + 11 + 1 + 1


def _flexible_bits(frame: WireFrame) -> ExactBits:
    header, header_stuff = _flexible_header(frame.can_id, frame.flags)
    length = len(frame.data)
    rest_size = 1 + 4 + 8 * length  # the first says that its sender is not passive
    rest = _LENGTH_CODES[length] << 8 * length | int.from_bytes(frame.data, "big")
    # A stuff bit behind the last bit of all is the first fixed one of the checksum.
    stuff = _stuff_bits(f"{header}{rest >> 1:0{rest_size - 1}b}")
    check = _SHORT_CHECK_BITS if length <= _SHORT_PAYLOAD_BYTES else _LONG_CHECK_BITS
    nominal = len(header) + header_stuff + _TAIL_BITS
    data = rest_size + stuff - header_stuff + _STUFF_COUNT_BITS + check + _DELIMITER_BITS
    return ExactBits(nominal, data) if frame.flags & RATE_SWITCH else ExactBits(nominal + data, 0)


@lru_cache(maxsize=4096)
def _flexible_header(can_id: int, flags: int) -> tuple[str, int]:
    """Return what an FD frame sends at the nominal rate before its data, and the stuff bits."""
    bits, size = _identifier(WireFrame(can_id, flags, b""))
    if flags & EXTENDED:
        bits = bits << 1
        size += 1
    bits = bits << 3 | 0b100 | (1 if flags & RATE_SWITCH else 0)  # FD, reserved, rate switch
    header = f"{bits:0{size + 3}b}"
    return header, _stuff_bits(header)


def _check_table() -> list[int]:
    table = []
    for byte in range(256):
        register = byte << 7
        for _ in range(8):
            register <<= 1
            if register & 0x8000:
                register ^= 0x8000 | _CHECK_POLYNOMIAL
        table.append(register)
    return table


_CHECK_TABLE = _check_table()
# Five equal bits, and each four behind them that the stuff bit makes five.
_STUFFED = re.compile("00000(?:11110000)*(?:1111)?|11111(?:00001111)*(?:0000)?")


def _stuff_bits(bits: str) -> int:
    """Return how many stuff bits go between bits that begin with the start of a frame."""
    runs = _STUFFED.findall(bits)
    return (len("".join(runs)) - len(runs)) // 4  # one of 5 bits, two of 9, three of 13
