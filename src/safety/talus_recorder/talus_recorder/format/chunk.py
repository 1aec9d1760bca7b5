# SPDX-License-Identifier: Apache-2.0
"""Gathers messages in memory as they will lie in an MCAP chunk, without a second copy."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from mcap.opcode import Opcode

from talus_recorder.format.chain import Digest
from talus_recorder.format.layout import INDEX_ENTRY, INDEX_HEAD, Group, event_record, link_record
from talus_recorder.happenings.events import Happening

# Opcode, length; channel, sequence, log time, publish time; then the message.
MESSAGE = struct.Struct("<BQHIQQ")
MESSAGE_FIELDS = 2 + 4 + 8 + 8
# Opcode, length; begin, end, uncompressed size, CRC, no compression, size of the records.
CHUNK = struct.Struct("<BQQQQIIQ")
CHUNK_FIELDS = 8 + 8 + 8 + 4 + 4 + 8
INDEX = struct.Struct("<BQHI")
ENTRY = np.dtype([("channel", "<u2"), ("time", "<u8"), ("offset", "<u8")])
LEAST_MESSAGE_BYTES = 64  # bytes with its head; the buffer has entries for so many messages

assert INDEX.size == INDEX_HEAD


@lru_cache(maxsize=64)
def message_type(length: int) -> np.dtype:
    """Return the type of a record as MESSAGE packs it, with `length` bytes of message."""
    head = [("opcode", "u1"), ("length", "<u8"), ("channel", "<u2"), ("sequence", "<u4")]
    return np.dtype([*head, ("log_time", "<u8"), ("publish_time", "<u8"), ("data", "u1", length)])


class ChunkBuffer:
    """Holds the messages of one chunk."""

    def __init__(self, capacity: int):
        """Allocate `capacity` bytes, heads included."""
        self._data = bytearray(capacity)
        self._view = memoryview(self._data)
        self._entries = np.zeros(capacity // LEAST_MESSAGE_BYTES, ENTRY)
        self._entry_view = self._entries.data.cast("B")
        self._pack_entry = struct.Struct("<HQQ").pack_into
        self.clear()

    def clear(self) -> None:
        """Forget all messages of the chunk."""
        self.used = 0
        self.count = 0

    def add(
        self, channel: int, data: bytes, log_time: int, publish_time: int, sequence: int
    ) -> bool:
        """Append a message (times in ns); return False where there is no room for it."""
        begin = self.used
        end = begin + MESSAGE.size + len(data)
        if end > len(self._data) or self.count == len(self._entries):
            return False
        MESSAGE.pack_into(
            self._data,
            begin,
            Opcode.MESSAGE,
            MESSAGE_FIELDS + len(data),
            channel,
            sequence,
            log_time,
            publish_time,
        )
        self._data[begin + MESSAGE.size : end] = data
        self._pack_entry(self._entry_view, self.count * ENTRY.itemsize, channel, log_time, begin)
        self.used = end
        self.count += 1
        return True

    def add_block(self, channel: int, data: np.ndarray, times: np.ndarray) -> int:
        """Append messages of one length, (n, length) bytes; return how many found room.

        Log and publish times are (n,) ns.
        """
        kind = message_type(data.shape[1])
        count = min(
            len(data),
            (len(self._data) - self.used) // kind.itemsize,
            len(self._entries) - self.count,
        )
        end = self.used + count * kind.itemsize
        records = np.frombuffer(self._data, kind, count, self.used)
        records["opcode"] = Opcode.MESSAGE
        records["length"] = MESSAGE_FIELDS + data.shape[1]
        records["channel"] = channel
        records["sequence"] = 0
        records["data"] = data[:count]
        records["log_time"] = records["publish_time"] = times[:count]
        entries = self._entries[self.count : self.count + count]
        entries["channel"] = channel
        entries["time"] = times[:count]
        entries["offset"] = np.arange(self.used, end, kind.itemsize)
        self.used = end
        self.count += count
        return count

    @property
    def records(self) -> memoryview:
        """Return all messages as records, valid until `clear`."""
        return self._view[: self.used]

    @property
    def entries(self) -> np.ndarray:
        """Return channel, log time and offset of each message."""
        return self._entries[: self.count]


@dataclass(frozen=True)
class Filled:
    """Hold a chunk that is complete.

    Attributes:
        buffer: Its messages; none where only events happened.
        begin, end: Times on the recorder's timeline, s.
        events: What happened meanwhile.
    """

    buffer: ChunkBuffer
    begin: float
    end: float
    events: tuple[Happening, ...]


def chunk_head(records: memoryview | bytes, begin: int, end: int) -> bytes:
    """Return what stands before the records of a chunk; `begin`, `end` are log times, ns."""
    return CHUNK.pack(
        Opcode.CHUNK,
        CHUNK_FIELDS + len(records),
        begin,
        end,
        len(records),
        zlib.crc32(records),
        0,
        len(records),
    )


def index_records(entries: np.ndarray) -> tuple[bytes, dict[int, int], dict[int, int]]:
    """Return the message index of each channel as bytes, with the place and count of each."""
    order = np.argsort(entries["channel"], kind="stable")
    channels, starts, counts = np.unique(
        entries["channel"][order], return_index=True, return_counts=True
    )
    pairs = np.empty((len(entries), 2), "<u8")
    pairs[:, 0] = entries["time"][order]
    pairs[:, 1] = entries["offset"][order]
    parts = []
    places = {}
    at = 0
    for channel, start, count in zip(
        channels.tolist(), starts.tolist(), counts.tolist(), strict=True
    ):
        size = INDEX_ENTRY * count
        parts += [
            INDEX.pack(Opcode.MESSAGE_INDEX, 2 + 4 + size, channel, size),
            pairs[start : start + count].tobytes(),
        ]
        places[channel] = at
        at += INDEX_HEAD + size
    return b"".join(parts), places, dict(zip(channels.tolist(), counts.tolist(), strict=True))


def encode_group(
    records: memoryview | bytes,
    entries: np.ndarray,
    events: Sequence[Happening],
    number: int,
    previous: str,
    digest: Digest,
) -> tuple[list[bytes | memoryview], Group]:
    """Return a group as the parts to write, and what is in it; `offset` of the group is 0.

    Args:
        records: Records of at least one message.
        entries: Entries of these messages, as in `ChunkBuffer.entries`.
        events: Events told before the chunk.
        number, previous: Number of its link, and the link before.
        digest: Digest that makes the link.
    """
    told = [event_record(event) for event in events]
    begin = int(entries["time"].min())
    end = int(entries["time"].max())
    head = chunk_head(records, begin, end)
    indexes, places, counts = index_records(entries)
    parts = [*told, head, records, indexes]
    link = digest.of(previous, number, *parts)
    parts.append(link_record(number, previous, link))
    chunk_at = sum(map(len, told))
    chunk_length = len(head) + len(records)
    group = Group(
        offset=0,
        length=sum(map(len, parts)),
        chunk_at=chunk_at,
        chunk_length=chunk_length,
        size=len(records),
        begin=begin,
        end=end,
        indexes_at={channel: chunk_at + chunk_length + at for channel, at in places.items()},
        counts=counts,
        events=_places(events, told),
        number=number,
        head=link,
    )
    return parts, group


def _places(
    events: Sequence[Happening], told: Sequence[bytes]
) -> tuple[tuple[Happening, int, int], ...]:
    found = []
    at = 0
    for event, data in zip(events, told, strict=True):
        found.append((event, at, len(data)))
        at += len(data)
    return tuple(found)
