# SPDX-License-Identifier: Apache-2.0
"""Reads one of our files record by record, as far as it is valid; for recovery and verification."""

from __future__ import annotations

import struct
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from mcap.data_stream import ReadDataStream
from mcap.exceptions import McapError
from mcap.opcode import Opcode
from mcap.records import Channel, Header, McapRecord, Metadata, Schema
from mcap.writer import MCAP0_MAGIC as MAGIC

from talus_recorder.format.chunk import CHUNK, CHUNK_FIELDS, INDEX
from talus_recorder.format.layout import EVENT, LINK, ORIGIN, SEAL, Group, event_of
from talus_recorder.happenings.events import Happening

RECORD_HEAD = struct.Struct("<BQ")  # opcode and length, which begin every record
MESSAGE_HEAD = struct.Struct("<BQH")
RECORD_KINDS: dict[int, Any] = {
    Opcode.HEADER: Header,
    Opcode.SCHEMA: Schema,
    Opcode.CHANNEL: Channel,
    Opcode.METADATA: Metadata,
}
UNREADABLE_ERRORS = (
    McapError,
    struct.error,
    ValueError,
    KeyError,
    IndexError,
)  # errors to which bytes that are no record lead


@dataclass
class Scan:
    """Hold what a file holds.

    Attributes:
        data: Bytes of the whole file.
        channels: Schemas and channels of the preamble.
        origin: What the preamble says; None where it is not complete.
        origin_at: Where that stands.
        groups: Complete ones, with chunks whose CRC is right.
        links: (number, previous, head) of each of them, as stated.
        seal: What the seal says; None without.
        end: Where the data end: after the seal, else after the last group.
        problems: What could not be read, in words with its place.
    """

    data: bytes
    channels: list[McapRecord] = field(default_factory=list)
    origin: dict[str, str] | None = None
    origin_at: int = 0
    groups: list[Group] = field(default_factory=list)
    links: list[tuple[int, str, str]] = field(default_factory=list)
    seal: dict[str, str] | None = None
    seal_at: int = 0
    end: int = 0
    problems: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Chunk:
    """Describe a chunk: offset in its group, length, bytes of its records, log times in ns."""

    at: int
    length: int
    size: int
    begin: int
    end: int


@dataclass
class _Open:
    """Hold a group whose link has not come yet."""

    offset: int
    events: list[tuple[Happening, int, int]] = field(default_factory=list)
    chunk: _Chunk | None = None
    indexes: dict[int, int] = field(default_factory=dict)
    counts: dict[int, int] = field(default_factory=dict)


def scan(data: bytes) -> Scan:
    """Scan a file; invalid content of `data` never raises, but is listed as a problem."""
    found = Scan(data)
    if data[: len(MAGIC)] != MAGIC:
        found.problems.append("no MCAP file: the first 8 bytes are wrong")
        return found
    group: _Open | None = None
    for at, opcode, length in _records(found):
        try:
            group = _take(found, group, at, opcode, length)
        except UNREADABLE_ERRORS as error:
            found.problems.append(f"byte {at}: {error}")
            group = None
        if found.seal is not None:
            break
    if group is not None:
        found.problems.append(f"byte {group.offset}: a group without an end")
    return found


def _records(found: Scan) -> Iterator[tuple[int, int, int]]:
    """Yield (offset, opcode, length with its head) up to the end, or to where a record is cut."""
    at = len(MAGIC)
    size = len(found.data)
    while at + RECORD_HEAD.size <= size:
        opcode, length = RECORD_HEAD.unpack_from(found.data, at)
        if opcode == Opcode.DATA_END:
            return
        if not opcode or at + RECORD_HEAD.size + length > size:
            break
        yield at, opcode, RECORD_HEAD.size + length
        at += RECORD_HEAD.size + length
    if at < size:
        found.problems.append(f"byte {at}: {size - at} bytes of a record that is cut or wrong")


def _take(found: Scan, group: _Open | None, at: int, opcode: int, length: int) -> _Open | None:
    if opcode == Opcode.CHUNK:
        group = group or _Open(at)
        group.chunk = _chunk(found.data, at, length, group)
        return group
    if opcode == Opcode.MESSAGE_INDEX:
        channel = INDEX.unpack_from(found.data, at)[2]
        if group is not None:
            group.indexes[channel] = at - group.offset
        return group
    record = _record(found.data, at, opcode, length)
    if isinstance(record, Metadata):
        return _take_metadata(found, group, record, at, length)
    if isinstance(record, (Schema, Channel)) and found.origin is None:
        found.channels.append(record)
    return group


def _take_metadata(
    found: Scan, group: _Open | None, record: Metadata, at: int, length: int
) -> _Open | None:
    words = record.metadata
    if record.name == EVENT:
        group = group or _Open(at)
        group.events.append((event_of(words), at - group.offset, length))
        return group
    if record.name == LINK and group is not None and group.chunk is not None:
        stated = (int(words["number"]), words["previous"], words["head"])
        found.groups.append(_closed(group, group.chunk, at + length, stated))
        found.links.append(stated)
    elif record.name == ORIGIN and found.origin is None:
        found.origin = words
        found.origin_at = at
    elif record.name == SEAL:
        int(words["number"]), words["previous"], words["seal"]  # an incomplete one raises
        found.seal = words
        found.seal_at = at
    found.end = at + length
    return None


def _record(data: bytes, at: int, opcode: int, length: int) -> McapRecord | None:
    kind = RECORD_KINDS.get(opcode)
    return kind and kind.read(ReadDataStream(BytesIO(data[at + RECORD_HEAD.size : at + length])))


def _chunk(data: bytes, at: int, length: int, group: _Open) -> _Chunk:
    if length < CHUNK.size:
        raise ValueError("a chunk that is too short")
    _, _, begin, end, size, crc, compression, packed = CHUNK.unpack_from(data, at)
    if compression or packed != size or length != RECORD_HEAD.size + CHUNK_FIELDS + size:
        raise ValueError("a chunk that is none of ours")
    records = memoryview(data)[at + CHUNK.size : at + length]
    if zlib.crc32(records) != crc:
        raise ValueError("a chunk with a wrong CRC")
    group.counts = _counts(records)
    return _Chunk(at - group.offset, length, size, begin, end)


def _counts(records: memoryview) -> dict[int, int]:
    counts: Counter[int] = Counter()
    at = 0
    while at < len(records):
        _, length, channel = MESSAGE_HEAD.unpack_from(records, at)
        counts[channel] += 1
        at += RECORD_HEAD.size + length
    return dict(sorted(counts.items()))


def _closed(group: _Open, chunk: _Chunk, end: int, stated: tuple[int, str, str]) -> Group:
    if group.indexes.keys() != group.counts.keys():
        raise ValueError("a group whose message indexes are not those of its messages")
    return Group(
        offset=group.offset,
        length=end - group.offset,
        chunk_at=chunk.at,
        chunk_length=chunk.length,
        size=chunk.size,
        begin=chunk.begin,
        end=chunk.end,
        indexes_at=group.indexes,
        counts=group.counts,
        events=tuple(group.events),
        number=stated[0],
        head=stated[2],
    )
