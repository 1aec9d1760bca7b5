# SPDX-License-Identifier: Apache-2.0
"""Holds one frame on a wire, and packs frames as `struct canfd_frame` of linux/can.h (72 bytes).

A classic frame travels in the same structure, without the flag FLEXIBLE.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import NamedTuple

from talus_can.frames import (
    ERROR_FRAME,
    ERROR_PASSIVE,
    EXTENDED,
    FLEXIBLE,
    FLEXIBLE_LENGTHS,
    RATE_SWITCH,
    REMOTE,
    FrameBatch,
    FrameError,
)

_LAYOUT = struct.Struct("=IBB2x64s")
FRAME_BYTES = _LAYOUT.size
_MOST_CLASSIC_BYTES = 8
_STANDARD_TOP = 0x7FF
_EXTENDED_TOP = 0x1FFF_FFFF
_EXTENDED_BIT = 0x8000_0000
_REMOTE_BIT = 0x4000_0000
_ERROR_BIT = 0x2000_0000
_RATE_SWITCH_BYTE = 0x01
_ERROR_PASSIVE_BYTE = 0x02
_FLEXIBLE_BYTE = 0x04


class WireFrame(NamedTuple):
    """Holds one frame.

    Attributes:
        can_id: Identifier without flags.
        flags: Sum of `EXTENDED`, `FLEXIBLE` and so on of talus_can.frames.
        data: Payload.
    """

    can_id: int
    flags: int
    data: bytes


def pack_frames(frames: Iterable[WireFrame]) -> bytes:
    """Return the frames one behind the other, 72 bytes each."""
    return b"".join(
        _LAYOUT.pack(_with_bits(frame), len(frame.data), _flag_byte(frame.flags), frame.data)
        for frame in frames
    )


def unpack_frames(packet: bytes) -> list[WireFrame]:
    """Return the frames of a packet. Raises FrameError for what no controller could send."""
    if len(packet) % FRAME_BYTES:
        raise FrameError(
            f"{len(packet)} bytes are no whole frames; it must be a multiple of {FRAME_BYTES}"
        )
    return [_checked(*fields) for fields in _LAYOUT.iter_unpack(packet)]


def frames_of(batch: FrameBatch) -> list[WireFrame]:
    """Return the frames of a batch, in its order."""
    return [
        WireFrame(int(can_id), int(flags), payload)
        for can_id, flags, payload in zip(batch.can_id, batch.flags, batch.payloads(), strict=True)
    ]


def _with_bits(frame: WireFrame) -> int:
    word = frame.can_id
    word |= _EXTENDED_BIT if frame.flags & EXTENDED else 0
    word |= _REMOTE_BIT if frame.flags & REMOTE else 0
    return word | (_ERROR_BIT if frame.flags & ERROR_FRAME else 0)


def _flag_byte(flags: int) -> int:
    if not flags & FLEXIBLE:
        return 0
    byte = _FLEXIBLE_BYTE
    byte |= _RATE_SWITCH_BYTE if flags & RATE_SWITCH else 0
    return byte | (_ERROR_PASSIVE_BYTE if flags & ERROR_PASSIVE else 0)


def _checked(word: int, length: int, byte: int, data: bytes) -> WireFrame:
    is_extended = bool(word & _EXTENDED_BIT)
    is_flexible = bool(byte & _FLEXIBLE_BYTE)
    can_id = word & _EXTENDED_TOP
    flags = (EXTENDED if is_extended else 0) | (REMOTE if word & _REMOTE_BIT else 0)
    if is_flexible:
        flags |= FLEXIBLE
        flags |= RATE_SWITCH if byte & _RATE_SWITCH_BYTE else 0
        flags |= ERROR_PASSIVE if byte & _ERROR_PASSIVE_BYTE else 0
    if word & _ERROR_BIT:
        flags |= ERROR_FRAME
    elif can_id > _STANDARD_TOP and not is_extended:
        raise FrameError(f"frame with id {can_id:#x} has more than 11 bits and is not extended")
    fits = length in FLEXIBLE_LENGTHS if is_flexible else length <= _MOST_CLASSIC_BYTES
    if not fits:
        raise FrameError(
            f"frame with id {can_id:#x} has {length} bytes; 0 to 8 would do, in FD also 12 to 64"
        )
    return WireFrame(can_id, flags, data[:length])
