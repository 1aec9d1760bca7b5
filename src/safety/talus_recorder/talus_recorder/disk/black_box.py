# SPDX-License-Identifier: Apache-2.0
"""Writes chunks to the ring on disk, and what lies around an event into a file of its own."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from talus_recorder.config import MEGABYTE
from talus_recorder.disk.archive import Archive
from talus_recorder.disk.event_file import EventFile
from talus_recorder.disk.ring import RingPiece, SegmentRing
from talus_recorder.disk.storage import Storage
from talus_recorder.format.chunk import Filled
from talus_recorder.happenings.keeper import Keeper, Span
from talus_recorder.recording import Recording


class DiskFullError(OSError):
    """Raised when less disk is free than must be left to others."""


@dataclass
class _Making:
    """Hold an event file that is being written."""

    span: Span
    steps: Iterator[Path | None]


class BlackBox:
    """Joins ring, keeper and archive; used from one thread.

    `write` and `work` raise OSError; both can be called again then, nothing is lost by it.
    """

    def __init__(self, storage: Storage, recording: Recording):
        """Open folder and ring; raises OSError where the folder cannot be made or written."""
        config = recording.config
        self._storage = storage
        self._recording = recording
        storage.make_folder(recording.ring)
        storage.claim(recording.ring)
        storage.sync_folder(recording.folder)
        self._ring = SegmentRing(
            storage, recording.ring, recording.segment_preamble, config.segment_s, recording.digest
        )
        self._archive = Archive(
            storage, recording.folder, recording.digest, config.quota_mb * MEGABYTE
        )
        self._event_file = EventFile(
            storage, recording.folder, recording.channels, recording.origin, recording.digest
        )
        before = config.before_s + config.chunk_s  # an event is heard up to one chunk late
        self._keeper = Keeper(before, config.after_s, config.longest_s)
        self._due: deque[Span] = deque()
        self._making: _Making | None = None
        self._now = 0.0
        self.files: list[Path] = []

    @property
    def head(self) -> str:
        """Return the newest seal; a copy kept elsewhere shows later whether files are missing.

        Raises ValueError.
        """
        return self._archive.read_note().seal

    def write(self, filled: Filled) -> None:
        """Put a chunk to disk and sync it."""
        free = self._storage.free(self._recording.folder)
        if free < self._recording.config.keep_free_mb * MEGABYTE:
            raise DiskFullError(
                f"{free // MEGABYTE} MB are free on the disk; "
                f"parameter keep_free_mb leaves {self._recording.config.keep_free_mb} MB to others"
            )
        if filled.buffer.count:
            self._ring.write(filled)
        self._now = filled.end
        self._due += self._keeper.hear(filled.events)
        span = self._keeper.due(self._now)
        if span is not None:
            self._due.append(span)
        self._ring.prune(self._needs_from())

    def work(self) -> bool:
        """Do a little work on an event file; return whether there is more to do."""
        if self._making is None and self._due:
            span = self._due[0]
            steps = self._event_file.make(self._pieces_of(span), span.events, self._archive)
            self._making = _Making(span, steps)
        if self._making is None:
            return False
        try:
            path = next(self._making.steps)
        except OSError:
            self._making = None  # begun again with the next call
            raise
        if path is not None:
            self.files.append(path)
            self._due.popleft()
            self._making = None
        return self._making is not None or bool(self._due)

    def close(self) -> None:
        """Finish what is open and remove the ring; on OSError the ring is kept."""
        span = self._keeper.finish()
        if span is not None:
            self._due.append(span)
        while self.work():
            pass
        self._ring.close()
        self._storage.remove_folder(self._recording.ring)

    def _pieces_of(self, span: Span) -> list[RingPiece]:
        """Return the pieces of the ring for a span.

        Where the disk was away all the time around the event, these are all that is left after it.
        """
        pieces = self._ring.pieces
        return [
            piece for piece in pieces if piece.begin <= span.end and piece.end >= span.begin
        ] or pieces

    def _needs_from(self) -> float:
        return min([self._keeper.needs_from(self._now), *(span.begin for span in self._due)])
