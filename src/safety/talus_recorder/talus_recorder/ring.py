# SPDX-License-Identifier: Apache-2.0
"""The last seconds on disk: short files, each chunk synced as it is written, the oldest removed."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from talus_recorder.chain import FIRST, Digest
from talus_recorder.chunk import Filled, encode_group
from talus_recorder.layout import Group
from talus_recorder.storage import File, Storage


@dataclass(frozen=True)
class Piece:
    """A group in a file, and the part of the timeline that it covers, s."""

    path: Path
    group: Group
    begin: float
    end: float


@dataclass
class Segment:
    """A file of the ring."""

    path: Path
    file: File | None
    begin: float
    size: int
    pieces: list[Piece] = field(default_factory=list)


class SegmentRing:
    """Takes chunks; raises OSError where the disk does not take them, and then begins a new file with the next."""

    def __init__(
        self, storage: Storage, folder: Path, preamble: Callable[[int], bytes], segment_s: float, digest: Digest
    ):
        """`folder` is there and ours; `preamble`: bytes that begin the file of a number."""
        self._storage, self._folder, self._preamble = storage, folder, preamble
        self._segment_s, self._digest = segment_s, digest
        self._segments: list[Segment] = []
        self._files = 0
        self._number, self._head = 0, FIRST

    @property
    def pieces(self) -> list[Piece]:
        """All that is there, oldest first."""
        return [piece for segment in self._segments for piece in segment.pieces]

    @property
    def size(self) -> int:
        """Bytes on disk."""
        return sum(segment.size for segment in self._segments)

    def write(self, filled: Filled) -> Piece:
        """Append and sync."""
        segment = self._segment_for(filled)
        buffer = filled.buffer
        parts, group = encode_group(
            buffer.records, buffer.entries, filled.events, self._number, self._head, self._digest
        )
        try:
            segment.file.write(parts)
            segment.file.sync()
        except OSError:
            self._close(segment)
            raise
        piece = Piece(segment.path, replace(group, offset=segment.size), filled.begin, filled.end)
        segment.pieces.append(piece)
        segment.size += group.length
        self._number, self._head = self._number + 1, group.head
        return piece

    def prune(self, needs_from: float) -> None:
        """Remove files of which nothing is younger than `needs_from`, s."""
        while len(self._segments) > 1 and all(piece.end < needs_from for piece in self._segments[0].pieces):
            segment = self._segments.pop(0)
            self._close(segment)
            with suppress(OSError):  # removed with the folder at the end
                self._storage.remove(segment.path)

    def close(self) -> None:
        """Close the file; what is in it stays."""
        for segment in self._segments:
            self._close(segment)

    def _segment_for(self, filled: Filled) -> Segment:
        newest = self._segments[-1] if self._segments else None
        if newest is not None and newest.file is not None and filled.end - newest.begin <= self._segment_s:
            return newest
        if newest is not None:
            self._close(newest)
        return self._new_segment(filled.begin)

    def _new_segment(self, begin: float) -> Segment:
        path = self._folder / f"{self._files:06d}.mcap"
        self._files += 1
        data = self._preamble(self._files)
        segment = Segment(path, self._storage.create(path), begin, len(data))
        self._segments.append(segment)
        try:
            segment.file.write([data])
            segment.file.sync()
            self._storage.sync_folder(self._folder)
        except OSError:
            self._close(segment)
            raise
        return segment

    @staticmethod
    def _close(segment: Segment) -> None:
        file, segment.file = segment.file, None
        if file is not None:
            file.close()
