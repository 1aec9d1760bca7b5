# SPDX-License-Identifier: Apache-2.0
"""Keeps the last seconds on disk as short files; each chunk is synced, the oldest file removed."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from talus_recorder.disk.storage import File, Storage
from talus_recorder.format.chain import FIRST_LINK, Digest
from talus_recorder.format.chunk import Filled, encode_group
from talus_recorder.format.layout import Group


@dataclass(frozen=True)
class RingPiece:
    """Describe a group in a file, and the part of the timeline that it covers, s."""

    path: Path
    group: Group
    begin: float
    end: float


@dataclass
class Segment:
    """Describe a file of the ring."""

    path: Path
    begin: float
    size: int
    pieces: list[RingPiece] = field(default_factory=list)


class SegmentRing:
    """Takes chunks; after an OSError of the disk the next chunk begins a new file."""

    def __init__(
        self,
        storage: Storage,
        folder: Path,
        preamble: Callable[[int], bytes],
        segment_s: float,
        digest: Digest,
    ):
        """Open an existing `folder`; `preamble` gives the bytes that begin the file of a number."""
        self._storage = storage
        self._folder = folder
        self._preamble = preamble
        self._segment_s = segment_s
        self._digest = digest
        self._segments: list[Segment] = []
        self._file: File | None = None  # of the newest segment, while it may grow
        self._files = 0
        self._number = 0
        self._head = FIRST_LINK

    @property
    def pieces(self) -> list[RingPiece]:
        """Return all pieces of the ring, oldest first."""
        return [piece for segment in self._segments for piece in segment.pieces]

    @property
    def size(self) -> int:
        """Return the bytes of the ring on disk."""
        return sum(segment.size for segment in self._segments)

    def write(self, filled: Filled) -> RingPiece:
        """Append a chunk and sync it."""
        segment, file = self._open_segment(filled)
        buffer = filled.buffer
        parts, group = encode_group(
            buffer.records, buffer.entries, filled.events, self._number, self._head, self._digest
        )
        try:
            file.write(parts)
            file.sync()
        except OSError:
            self.close()
            raise
        piece = RingPiece(
            segment.path, replace(group, offset=segment.size), filled.begin, filled.end
        )
        segment.pieces.append(piece)
        segment.size += group.length
        self._number = self._number + 1
        self._head = group.head
        return piece

    def prune(self, needs_from: float) -> None:
        """Remove files with nothing younger than `needs_from`, s."""
        while len(self._segments) > 1 and all(
            piece.end < needs_from for piece in self._segments[0].pieces
        ):
            segment = self._segments.pop(0)
            with suppress(OSError):  # removed with the folder at the end
                self._storage.remove(segment.path)

    def close(self) -> None:
        """Close the file; what is in it stays."""
        file = self._file
        self._file = None
        if file is not None:
            file.close()

    def _open_segment(self, filled: Filled) -> tuple[Segment, File]:
        """Return the newest segment if the chunk still fits into it, else a new one."""
        if self._file is not None:
            newest = self._segments[-1]
            if filled.end - newest.begin <= self._segment_s:
                return newest, self._file
            self.close()
        return self._new_segment(filled.begin)

    def _new_segment(self, begin: float) -> tuple[Segment, File]:
        path = self._folder / f"{self._files:06d}.mcap"
        self._files += 1
        data = self._preamble(self._files)
        file = self._storage.create(path)
        segment = Segment(path, begin, len(data))
        self._segments.append(segment)
        self._file = file
        try:
            file.write([data])
            file.sync()
            self._storage.sync_folder(self._folder)
        except OSError:
            self.close()
            raise
        return segment, file
