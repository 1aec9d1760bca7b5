# SPDX-License-Identifier: Apache-2.0
"""Makes an event file out of groups in other files, a little at a time, byte for byte."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timezone
from pathlib import Path
from typing import Protocol

from talus_core.physics import NANOSECONDS_PER_SECOND

from talus_recorder.disk.archive import PART
from talus_recorder.disk.ring import RingPiece
from talus_recorder.disk.storage import File, Storage
from talus_recorder.format.chain import Digest
from talus_recorder.format.layout import (
    ORIGIN,
    FileSummary,
    RecordedChannel,
    preamble,
    schemas_and_channels,
)
from talus_recorder.happenings.events import Happening, name_of

SYNC_EVERY = 8  # groups between syncs: some MB, so that no sync takes long


class Finisher(Protocol):
    """Defines what seals a file and gives it its place: see `Archive`."""

    def make_room(self, size: int) -> list[str]:
        """Make room for `size` bytes."""

    def finish(
        self,
        part: Path,
        file: File,
        summary: FileSummary,
        size: int,
        origin: str,
        heads: Sequence[str],
        name: str,
    ) -> Path:
        """Seal a file whose groups are written."""


class EventFile:
    """Makes an event file; raises OSError where the disk refuses it, leaving nothing behind."""

    def __init__(
        self,
        storage: Storage,
        folder: Path,
        channels: Sequence[RecordedChannel],
        origin: Mapping[str, str],
        digest: Digest,
    ):
        self._storage = storage
        self._folder = folder
        self._channels = channels
        self._origin = origin
        self._digest = digest

    def make(
        self, pieces: Sequence[RingPiece], events: Sequence[Happening], finisher: Finisher
    ) -> Iterator[Path | None]:
        """Yield None after every group, and at last the path of the file.

        `events` holds at least one.
        """
        finisher.make_room(sum(piece.group.length for piece in pieces))
        part = self._folder / f"{self._origin['process']}-{events[0].log_time}{PART}"
        if part.name in self._storage.names(self._folder):
            self._storage.remove(part)
        file = self._storage.create(part)
        try:
            yield from self._write(file, part, pieces, events, finisher)
        except OSError:
            with suppress(OSError):
                file.close()
            with suppress(OSError):
                self._storage.remove(part)
            raise

    def _write(
        self,
        file: File,
        part: Path,
        pieces: Sequence[RingPiece],
        events: Sequence[Happening],
        finisher: Finisher,
    ) -> Iterator[Path | None]:
        begin = preamble(self._channels, self._origin, self._digest)
        summary = FileSummary(schemas_and_channels(self._channels))
        summary.add_metadata(ORIGIN, begin.origin_at, begin.origin_length)
        file.write([begin.data])
        size = len(begin.data)
        for number, piece in enumerate(pieces, 1):
            with self._storage.open(piece.path) as source:
                source.seek(piece.group.offset)
                file.write([source.read(piece.group.length)])
            summary.add(piece.group, size)
            size += piece.group.length
            if number % SYNC_EVERY == 0:
                file.sync()
            yield None
        heads = [piece.group.head for piece in pieces]
        yield finisher.finish(part, file, summary, size, begin.digest, heads, file_name(events))


def file_name(events: Sequence[Happening]) -> str:
    """Return a name with time and kind of the first event that is not routine."""
    kind = name_of(tuple(events))
    event = next(event for event in events if event.kind == kind)
    begun = datetime.fromtimestamp(event.log_time // NANOSECONDS_PER_SECOND, timezone.utc)
    return f"{begun:%Y%m%dT%H%M%SZ}-{kind}"
