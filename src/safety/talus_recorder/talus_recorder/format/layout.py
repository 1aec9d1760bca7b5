# SPDX-License-Identifier: Apache-2.0
"""Defines the layout of our MCAP files byte by byte; the `mcap` package writes all but messages.

preamble   magic, header (profile ros2), schemas, channels, metadata `talus.origin` with a digest
           of all before it
groups     metadata `talus.event` where something happened, a chunk, its message indexes, metadata
           `talus.link`
seal       metadata `talus.seal`: digest of origin and links; binds the file to the one before it
summary    data end, and what the `mcap` package's writer puts behind it; follows from all of the
           above

A file of the ring on disk has a preamble and groups; an event file has all four.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from mcap.data_stream import RecordBuilder
from mcap.opcode import Opcode
from mcap.records import (
    Channel,
    ChunkIndex,
    DataEnd,
    Footer,
    Header,
    McapRecord,
    Metadata,
    MetadataIndex,
    Schema,
    Statistics,
    SummaryOffset,
)
from mcap.writer import MCAP0_MAGIC as MAGIC

from talus_recorder.format.chain import FIRST_LINK, Digest
from talus_recorder.happenings.events import Happening

LIBRARY = "talus_recorder 0.1.0"
ORIGIN = "talus.origin"
EVENT = "talus.event"
LINK = "talus.link"
SEAL = "talus.seal"
INDEX_HEAD = (
    1 + 8 + 2 + 4
)  # of a message index record: opcode, length, channel, size of its entries
INDEX_ENTRY = 8 + 8  # time, offset
INDEXED = (ORIGIN, EVENT, SEAL)  # shown by viewers; links are many and for `verify` only


@dataclass(frozen=True)
class RecordedChannel:
    """Describe a topic in a file.

    Attributes:
        topic: Fully qualified name.
        kind: `package/msg/Type`.
        definition: Text in `ros2msg` encoding, with the definitions of all types in it.
    """

    topic: str
    kind: str
    definition: str


@dataclass(frozen=True)
class Group:
    """Describe where a chunk and its records lie in a file; offsets count from the group's begin.

    Attributes:
        offset, length: Place of the group in its file.
        chunk_at, chunk_length: Place of the chunk's record.
        size: Bytes of the records in the chunk.
        begin, end: Log times of the first and last message, ns.
        indexes_at: Offset of the index record of each channel.
        counts: Messages of each channel.
        events: What happened, and (offset, length) of the record that tells it.
        number, head: Number and hash of its link.
    """

    offset: int
    length: int
    chunk_at: int
    chunk_length: int
    size: int
    begin: int
    end: int
    indexes_at: Mapping[int, int]
    counts: Mapping[int, int]
    events: tuple[tuple[Happening, int, int], ...]
    number: int
    head: str


def record(*records: McapRecord) -> bytes:
    """Return a record of the `mcap` package as bytes."""
    builder = RecordBuilder()
    for one in records:
        one.write(builder)
    return builder.end()


def schemas_and_channels(channels: Sequence[RecordedChannel]) -> list[McapRecord]:
    """Return a schema per type and a channel per topic; ids count from 1 in the order given."""
    kinds = list(dict.fromkeys(channel.kind for channel in channels))
    definition = {channel.kind: channel.definition for channel in channels}
    schemas = [
        Schema(id=number, name=kind, encoding="ros2msg", data=definition[kind].encode())
        for number, kind in enumerate(kinds, 1)
    ]
    return schemas + [
        Channel(
            id=number,
            topic=c.topic,
            message_encoding="cdr",
            metadata={},
            schema_id=kinds.index(c.kind) + 1,
        )
        for number, c in enumerate(channels, 1)
    ]


@dataclass(frozen=True)
class Preamble:
    """Hold the begin of a file: its bytes, the origin's digest, and the place of the origin."""

    data: bytes
    digest: str
    origin_at: int

    @property
    def origin_length(self) -> int:
        """Return the length of the origin, which is the last record."""
        return len(self.data) - self.origin_at


def preamble(
    channels: Sequence[RecordedChannel], origin: Mapping[str, str], digest: Digest
) -> Preamble:
    """Return the begin of a file; `origin` names the recording process in words for the reader."""
    begin = MAGIC + record(Header(profile="ros2", library=LIBRARY), *schemas_and_channels(channels))
    stated = {**origin, "algorithm": digest.name}
    stated["digest"] = origin_digest(begin, stated, digest)
    return Preamble(begin + record(Metadata(ORIGIN, stated)), stated["digest"], len(begin))


def origin_digest(begin: bytes, origin: Mapping[str, str], digest: Digest) -> str:
    """Return the digest of the preamble's bytes before the origin, and of the origin's words."""
    said = json.dumps(
        {key: value for key, value in origin.items() if key != "digest"}, sort_keys=True
    )
    return digest.of(FIRST_LINK, 0, begin, said.encode())


def event_record(event: Happening) -> bytes:
    """Return an event as a metadata record."""
    words = {
        "kind": event.kind,
        "text": event.text,
        "log_time": str(event.log_time),
        "time": repr(event.time),
        "robot_time": repr(event.robot_time),
    }
    return record(Metadata(EVENT, words))


def event_of(words: Mapping[str, str]) -> Happening:
    """Return the event in a metadata record; raises KeyError or ValueError."""
    return Happening(
        words["kind"],
        words["text"],
        int(words["log_time"]),
        float(words["time"]),
        float(words["robot_time"]),
    )


def link_record(number: int, previous: str, head: str) -> bytes:
    """Return the record that ends a group."""
    return record(Metadata(LINK, {"number": str(number), "previous": previous, "head": head}))


def seal_record(number: int, previous: str, seal: str) -> bytes:
    """Return the record that ends the data of an event file."""
    return record(Metadata(SEAL, {"number": str(number), "previous": previous, "seal": seal}))


def seal_of(number: int, previous: str, origin: str, heads: Sequence[str], digest: Digest) -> str:
    """Return the seal of a whole file over its preamble's digest, its links and the seal before."""
    return digest.of(previous, number, origin.encode(), *(head.encode() for head in heads))


@dataclass
class FileSummary:
    """Gathers what stands behind the data while they are written or read."""

    channels: Sequence[McapRecord]
    counts: Counter[int] = field(default_factory=Counter)
    chunks: list[ChunkIndex] = field(default_factory=list)
    metadata: list[MetadataIndex] = field(default_factory=list)
    metadata_count: int = 0

    def add_metadata(self, name: str, offset: int, length: int) -> None:
        """Add a metadata record at `offset` of the file."""
        self.metadata_count += 1
        if name in INDEXED:
            self.metadata.append(MetadataIndex(offset=offset, length=length, name=name))

    def add(self, group: Group, offset: int) -> None:
        """Add a group at `offset` of the file."""
        for _, at, length in group.events:
            self.add_metadata(EVENT, offset + at, length)
        self.metadata_count += 1  # the metadata record of its link
        self.counts.update(group.counts)
        indexes = {channel: offset + at for channel, at in group.indexes_at.items()}
        self.chunks.append(
            ChunkIndex(
                message_start_time=group.begin,
                message_end_time=group.end,
                chunk_start_offset=offset + group.chunk_at,
                chunk_length=group.chunk_length,
                message_index_offsets=indexes,
                message_index_length=sum(
                    INDEX_HEAD + INDEX_ENTRY * group.counts[c] for c in indexes
                ),
                compression="",
                compressed_size=group.size,
                uncompressed_size=group.size,
            )
        )

    def encode(self, at: int) -> bytes:
        """Return data end, summary, footer and magic, for a file whose data end at `at`."""
        data_end = record(DataEnd(0))
        start = at + len(data_end)
        parts: list[tuple[int, Sequence[McapRecord]]] = [
            (Opcode.SCHEMA, [one for one in self.channels if isinstance(one, Schema)]),
            (Opcode.CHANNEL, [one for one in self.channels if isinstance(one, Channel)]),
            (Opcode.STATISTICS, [self._statistics()]),
            (Opcode.CHUNK_INDEX, self.chunks),
            (Opcode.METADATA_INDEX, self.metadata),
        ]
        body = b""
        offsets = []
        for opcode, records in parts:
            encoded = record(*records)
            offsets.append(
                SummaryOffset(
                    group_opcode=opcode, group_start=start + len(body), group_length=len(encoded)
                )
            )
            body += encoded
        offsets_at = start + len(body)
        body += record(*offsets)
        crc = zlib.crc32(
            struct.pack("<BQQQ", Opcode.FOOTER, 20, start, offsets_at), zlib.crc32(body)
        )
        return data_end + body + record(Footer(start, offsets_at, crc)) + MAGIC

    def _statistics(self) -> Statistics:
        schemas = sum(isinstance(one, Schema) for one in self.channels)
        return Statistics(
            attachment_count=0,
            channel_count=len(self.channels) - schemas,
            channel_message_counts=dict(sorted(self.counts.items())),
            chunk_count=len(self.chunks),
            message_count=self.counts.total(),
            message_end_time=max((chunk.message_end_time for chunk in self.chunks), default=0),
            message_start_time=min((chunk.message_start_time for chunk in self.chunks), default=0),
            metadata_count=self.metadata_count,
            schema_count=schemas,
        )
