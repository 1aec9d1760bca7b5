# SPDX-License-Identifier: Apache-2.0
"""Holds many CAN frames as arrays, and packs them as Linux raw sockets send and receive them.

Layouts: `struct can_frame` (16 bytes) and `struct canfd_frame` (72 bytes) of linux/can.h.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from talus_core.errors import TalusError

# Bits of `FrameBatch.flags`.
EXTENDED = 1  # 29-bit identifier
REMOTE = 2  # asks for data, has none
ERROR_FRAME = 4  # the controller's own report of a fault on the bus
FLEXIBLE = 8  # CAN FD
RATE_SWITCH = 16  # FD with the faster rate for its data
ERROR_PASSIVE = 32  # FD whose sender is error passive

CLASSIC_BYTES = 8
FLEXIBLE_BYTES = 64
CLASSIC_SIZE = 16  # bytes of `struct can_frame`, an interface's MTU without FD
FLEXIBLE_SIZE = 72  # bytes of `struct canfd_frame`, its MTU with FD
FLEXIBLE_LENGTHS = (*range(9), 12, 16, 20, 24, 32, 48, 64)  # ISO 11898-1, table of DLC
# The least length that an FD frame may have for this many bytes of payload.
_ROOM = np.array(
    [min(room for room in FLEXIBLE_LENGTHS if room >= n) for n in range(FLEXIBLE_BYTES + 1)],
    np.uint8,
)
# Where linux/can.h has these flags: in the top three bits of an identifier, in the byte `flags`.
_IDENTIFIER_SHIFT = np.uint32(29)
_IDENTIFIER_FLAGS = ((EXTENDED, 4), (REMOTE, 2), (ERROR_FRAME, 1))
_FLEXIBLE_FLAGS = ((RATE_SWITCH, 0x01), (ERROR_PASSIVE, 0x02), (FLEXIBLE, 0x04))
_ALL_FLAGS = 64
_STANDARD_TOP = 0x7FF
_EXTENDED_TOP = 0x1FFF_FFFF
_CLASSIC = np.dtype(
    [("id", "=u4"), ("length", "u1"), ("zero", "u1", (3,)), ("data", "u1", (CLASSIC_BYTES,))]
)
_FLEXIBLE = np.dtype(
    [
        ("id", "=u4"),
        ("length", "u1"),
        ("flags", "u1"),
        ("zero", "u1", (2,)),
        ("data", "u1", (FLEXIBLE_BYTES,)),
    ]
)


def _moved_table(places: tuple[tuple[int, int], ...], size: int) -> np.ndarray:
    """Return for each byte of flags below `size` what it is at other places, uint32."""
    flags = np.arange(size, dtype=np.uint32)
    table = np.zeros(size, np.uint32)
    for ours, theirs in places:
        table |= np.where(flags & ours != 0, np.uint32(theirs), np.uint32(0))
    return table


_TO_IDENTIFIER = _moved_table(_IDENTIFIER_FLAGS, _ALL_FLAGS) << _IDENTIFIER_SHIFT
_TO_FLEXIBLE = _moved_table(_FLEXIBLE_FLAGS, _ALL_FLAGS).astype(np.uint8)
_FROM_IDENTIFIER = _moved_table(
    tuple((theirs, ours) for ours, theirs in _IDENTIFIER_FLAGS), 8
).astype(np.uint8)
_FROM_FLEXIBLE = _moved_table(
    tuple((theirs, ours) for ours, theirs in _FLEXIBLE_FLAGS), 256
).astype(np.uint8)


# By flags: the highest identifier; by the flag of FD and a length: whether CAN has it.
_TOP_ID_OF = np.where(np.arange(_ALL_FLAGS) & EXTENDED, _EXTENDED_TOP, _STANDARD_TOP)
_HAS_LENGTH = np.zeros((FLEXIBLE + 1, 256), bool)
_HAS_LENGTH[0, : CLASSIC_BYTES + 1] = True
_HAS_LENGTH[FLEXIBLE, list(FLEXIBLE_LENGTHS)] = True


class FrameError(TalusError):
    """Says which frame cannot be sent or read, and why."""


@dataclass(frozen=True, slots=True)
class FrameBatch:
    """Holds m frames, in the order in which they are sent or were received.

    Attributes:
        bus: (m,) number of the bus of each, uint8.
        can_id: (m,) identifiers without flags, uint32.
        flags: (m,) sums of `EXTENDED`, `FLEXIBLE`, `RATE_SWITCH` and so on, uint8.
        length: (m,) bytes of payload, uint8.
        data: (m, 8) or (m, 64) payloads, zero beyond their length, uint8.
    """

    bus: np.ndarray
    can_id: np.ndarray
    flags: np.ndarray
    length: np.ndarray
    data: np.ndarray

    def __len__(self) -> int:
        return len(self.can_id)

    def rows(self, index: np.ndarray | slice) -> FrameBatch:
        """Return some of the frames: those of a mask, of indices or of a slice."""
        return FrameBatch(
            self.bus[index],
            self.can_id[index],
            self.flags[index],
            self.length[index],
            self.data[index],
        )

    def on_bus(self, bus: int) -> FrameBatch:
        """Return the frames of one bus, in the same order."""
        return self.rows(self.bus == bus)

    def payloads(self) -> list[bytes]:
        """Return each payload in its own length."""
        return [bytes(row[:length]) for row, length in zip(self.data, self.length, strict=True)]


def make_frames(
    bus: np.ndarray | int,
    can_id: np.ndarray,
    flags: np.ndarray | int,
    length: np.ndarray | int,
    data: np.ndarray,
) -> FrameBatch:
    """Return frames from arrays (m,), numbers that hold for all, and payloads (m, k).

    Payloads may be narrower than 8 or 64 bytes; they are filled up with zeros.
    """
    count = len(can_id)
    width = CLASSIC_BYTES if data.shape[1] <= CLASSIC_BYTES else FLEXIBLE_BYTES
    full = np.zeros((count, width), np.uint8)
    full[:, : data.shape[1]] = data
    return FrameBatch(
        np.full(count, bus, np.uint8),
        np.asarray(can_id, np.uint32),
        np.full(count, flags, np.uint8),
        np.full(count, length, np.uint8),
        full,
    )


def no_frames() -> FrameBatch:
    """Return an empty batch."""
    return make_frames(0, np.zeros(0, np.uint32), 0, 0, np.zeros((0, CLASSIC_BYTES), np.uint8))


def joined(batches: Sequence[FrameBatch]) -> FrameBatch:
    """Return the frames of several batches, one batch after the other."""
    batches = [batch for batch in batches if len(batch)]
    if not batches:
        return no_frames()
    if len(batches) == 1:
        return batches[0]
    width = max(batch.data.shape[1] for batch in batches)
    data = np.zeros((sum(map(len, batches)), width), np.uint8)
    row = 0
    for batch in batches:
        data[row : row + len(batch), : batch.data.shape[1]] = batch.data
        row += len(batch)
    return FrameBatch(
        np.concatenate([batch.bus for batch in batches]),
        np.concatenate([batch.can_id for batch in batches]),
        np.concatenate([batch.flags for batch in batches]),
        np.concatenate([batch.length for batch in batches]),
        data,
    )


def flexible_length(size: np.ndarray | int) -> np.ndarray:
    """Return the least length of an FD frame that holds `size` bytes, 0 to 64."""
    return _ROOM[size]


def check_frames(frames: FrameBatch) -> None:
    """Raise FrameError for the first frame that no controller could send."""
    kinds = frames.flags & (_ALL_FLAGS - 1)
    is_fine = frames.can_id <= _TOP_ID_OF[kinds]
    is_fine &= _HAS_LENGTH[kinds & FLEXIBLE, frames.length]
    is_fine &= frames.length <= frames.data.shape[1]
    is_fine &= kinds == frames.flags
    if not is_fine.all():
        _name_wrong(frames)


def _name_wrong(frames: FrameBatch) -> None:
    _refuse(frames, frames.flags >= _ALL_FLAGS, "has flags that CAN does not have")
    flexible = frames.flags & FLEXIBLE != 0
    top_id = np.where(frames.flags & EXTENDED != 0, _EXTENDED_TOP, _STANDARD_TOP)
    _refuse(frames, frames.can_id > top_id, "has an identifier of too many bits")
    exact = _ROOM[np.minimum(frames.length, FLEXIBLE_BYTES)] == frames.length
    fits = np.where(flexible, exact, frames.length <= CLASSIC_BYTES)
    _refuse(frames, ~fits, "has a length that CAN does not have: 0 to 8; FD also 12 to 64")
    _refuse(frames, frames.length > frames.data.shape[1], "has less data than its length says")


def pack_classic(frames: FrameBatch) -> np.ndarray:
    """Return (m, 16) bytes, one `struct can_frame` in each row. Raises FrameError."""
    check_frames(frames)
    _refuse(frames, frames.flags & FLEXIBLE != 0, "is an FD frame; pack_flexible packs those")
    packed = np.zeros(len(frames), _CLASSIC)
    packed["id"] = frames.can_id | _TO_IDENTIFIER[frames.flags]
    packed["length"] = frames.length
    packed["data"] = frames.data[:, :CLASSIC_BYTES]
    return packed.view(np.uint8).reshape(len(frames), _CLASSIC.itemsize)


def pack_flexible(frames: FrameBatch) -> np.ndarray:
    """Return (m, 72) bytes, one `struct canfd_frame` in each row. Raises FrameError."""
    check_frames(frames)
    _refuse(frames, frames.flags & FLEXIBLE == 0, "is a classic frame; pack_classic packs those")
    return pack_mixed(frames)


def pack_mixed(frames: FrameBatch) -> np.ndarray:
    """Return (m, 72) bytes, classic and FD frames alike in a `struct canfd_frame` each.

    A classic frame is one without the flag of FD. Raises FrameError.
    """
    check_frames(frames)
    packed = np.zeros((len(frames), _FLEXIBLE.itemsize), np.uint8)
    packed.view(np.uint32)[:, 0] = frames.can_id | _TO_IDENTIFIER[frames.flags]
    packed[:, 4] = frames.length
    packed[:, 5] = _TO_FLEXIBLE[frames.flags]
    packed[:, 8 : 8 + frames.data.shape[1]] = frames.data
    return packed


def unpack_classic(buffer: bytes | bytearray | memoryview, bus: int = 0) -> FrameBatch:
    """Return the frames of a buffer that holds `struct can_frame`s. Raises FrameError."""
    packed = _as_structs(buffer, _CLASSIC)
    return _unpacked(packed, bus, _FROM_IDENTIFIER[packed["id"] >> _IDENTIFIER_SHIFT])


def unpack_flexible(buffer: bytes | bytearray | memoryview, bus: int = 0) -> FrameBatch:
    """Return the frames of a buffer that holds `struct canfd_frame`s. Raises FrameError."""
    packed = _as_structs(buffer, _FLEXIBLE)
    flags = _FROM_IDENTIFIER[packed["id"] >> _IDENTIFIER_SHIFT] | FLEXIBLE
    return _unpacked(packed, bus, flags | _FROM_FLEXIBLE[packed["flags"]])


def unpack_mixed(buffer: bytes | bytearray | memoryview, bus: int | np.ndarray = 0) -> FrameBatch:
    """Return the frames of a buffer that `pack_mixed` wrote; `bus`: of all, or of each, (m,).

    Raises FrameError.
    """
    packed = _as_structs(buffer, _FLEXIBLE)
    flags = _FROM_IDENTIFIER[packed["id"] >> _IDENTIFIER_SHIFT]
    return _unpacked(packed, bus, flags | _FROM_FLEXIBLE[packed["flags"]])


def _as_structs(buffer: bytes | bytearray | memoryview, kind: np.dtype) -> np.ndarray:
    size = memoryview(buffer).nbytes
    if size % kind.itemsize:
        raise FrameError(
            f"{size} bytes are no whole frames; it must be a multiple of {kind.itemsize}"
        )
    packed = np.frombuffer(buffer, kind)
    too_long = packed["length"] > packed["data"].shape[1]
    if too_long.any():
        row = int(np.argmax(too_long))
        most = packed["data"].shape[1]
        raise FrameError(f"frame {row} has length {packed['length'][row]}; at most {most} would do")
    return packed


def _unpacked(packed: np.ndarray, bus: int | np.ndarray, flags: np.ndarray) -> FrameBatch:
    top = np.where(flags & EXTENDED != 0, np.uint32(_EXTENDED_TOP), np.uint32(_STANDARD_TOP))
    return FrameBatch(
        np.full(len(packed), bus, np.uint8),
        packed["id"] & top,
        flags,
        packed["length"].copy(),
        np.ascontiguousarray(packed["data"]),
    )


def _refuse(frames: FrameBatch, wrong: np.ndarray, why: str) -> None:
    if wrong.any():
        row = int(np.argmax(wrong))
        raise FrameError(
            f"frame {row} (id {frames.can_id[row]:#x}, {frames.length[row]} bytes) {why}"
        )
