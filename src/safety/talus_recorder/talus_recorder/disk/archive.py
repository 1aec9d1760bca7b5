# SPDX-License-Identifier: Apache-2.0
"""Keeps the folder of finished event files, each sealed after the one before it.

A note in the folder says which files must be there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from talus_recorder.disk.storage import File, Storage
from talus_recorder.format.chain import FIRST_LINK, Digest
from talus_recorder.format.layout import SEAL, FileSummary, seal_of, seal_record
from talus_recorder.format.scan import scan
from talus_recorder.happenings.events import ROUTINE_EVENTS

NOTE_FILE = "chain.json"
EVENT_FILE_NAME = re.compile(r"(\d{6})-([0-9TZ]+)-([a-z]+)\.mcap")
PART = ".part"  # suffix of files that are being written


def kind_of(name: str) -> str:
    """Return the kind of event that an event file is named after; empty for other names."""
    found = EVENT_FILE_NAME.fullmatch(name)
    return found[3] if found else ""


def number_of(name: str) -> int:
    """Return the number of an event file, from 1 on; 0 for other names."""
    found = EVENT_FILE_NAME.fullmatch(name)
    return int(found[1]) if found else 0


@dataclass(frozen=True)
class Note:
    """Hold what should be in the folder.

    Attributes:
        first, last: Numbers of the files that were kept; `last` 0 = none yet.
        seal: Of the last.
        removed: Numbers from `first` on that the quota removed.
    """

    first: int = 1
    last: int = 0
    seal: str = FIRST_LINK
    removed: tuple[int, ...] = ()

    def encode(self, digest: Digest) -> bytes:
        """Return the note as JSON, with a digest of its own."""
        said = {
            "first": self.first,
            "last": self.last,
            "seal": self.seal,
            "removed": list(self.removed),
        }
        return (
            json.dumps({**said, "digest": digest.of(self.seal, self.last, _canonical(said))}) + "\n"
        ).encode()

    @staticmethod
    def decode(data: bytes, digest: Digest) -> Note:
        """Read a note; raises ValueError where it was changed."""
        try:
            said = json.loads(data)
            stated = said.pop("digest")
            note = Note(
                int(said["first"]),
                int(said["last"]),
                str(said["seal"]),
                tuple(map(int, said["removed"])),
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"{NOTE_FILE} is none of ours: {error}") from error
        if stated != digest.of(note.seal, note.last, _canonical(said)):
            raise ValueError(f"{NOTE_FILE} was changed, or another key is needed")
        return note


def _canonical(said: dict) -> bytes:
    return json.dumps(said, sort_keys=True).encode()


class Archive:
    """Finishes event files and keeps the folder below its quota."""

    def __init__(self, storage: Storage, folder: Path, digest: Digest, quota: int):
        """Open an existing `folder` whose files may take `quota` bytes."""
        self._storage = storage
        self._folder = folder
        self._digest = digest
        self._quota = quota

    @property
    def files(self) -> list[str]:
        """Return the names of finished files, oldest first."""
        return [name for name in self._storage.names(self._folder) if number_of(name)]

    def read_note(self) -> Note:
        """Read the folder's note; raises ValueError where it was changed."""
        if NOTE_FILE not in self._storage.names(self._folder):
            return Note()
        with self._storage.open(self._folder / NOTE_FILE) as file:
            return Note.decode(file.read(), self._digest)

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
        """Seal a file whose groups are written, and give it its number and name.

        Args:
            part: Path of the file while it is being written.
            file: The open file; it is closed here.
            summary: Summary of all that is in it.
            size: Bytes in it.
            origin, heads: Digests of its preamble and of its groups.
            name: What comes after the number, without ending.
        """
        with self._storage.locked(self._folder):
            note = self._note_to_go_on_with()
            number = note.last + 1
            seal = seal_of(number, note.seal, origin, heads, self._digest)
            record = seal_record(number, note.seal, seal)
            summary.add_metadata(SEAL, size, len(record))
            file.write([record, summary.encode(size + len(record))])
            file.sync()
            file.close()
            path = self._folder / f"{number:06d}-{name}.mcap"
            self._storage.rename(part, path)
            self._storage.sync_folder(self._folder)
            self._write(Note(note.first, number, seal, note.removed))
        return path

    def make_room(self, size: int) -> list[str]:
        """Remove files until `size` more bytes fit into the quota: routine and old ones first."""
        removed = []
        with self._storage.locked(self._folder):
            sizes = {name: self._storage.size(self._folder / name) for name in self.files}
            while sizes and sum(sizes.values()) + size > self._quota:
                name = min(sizes, key=lambda name: (kind_of(name) not in ROUTINE_EVENTS, name))
                self._note_removal(number_of(name))
                self._storage.remove(self._folder / name)
                removed.append(name)
                del sizes[name]
        return removed

    def _note_removal(self, number: int) -> None:
        note = self._note_to_go_on_with()
        removed = {*note.removed, number}
        first = note.first
        while first in removed:
            removed.discard(first)
            first += 1
        self._write(Note(first, note.last, note.seal, tuple(sorted(removed))))

    def _note_to_go_on_with(self) -> Note:
        """Return the note, or one made from the files where it is missing, behind or changed.

        A power cut between a file and its note leaves the note behind.
        """
        try:
            note = self.read_note()
        except ValueError:
            note = Note()
        for name in self.files:
            number = number_of(name)
            if number > note.last:
                with self._storage.open(self._folder / name) as file:
                    seal = scan(file.read()).seal or {"seal": FIRST_LINK}
                note = Note(note.first, number, seal["seal"], note.removed)
        return note

    def _write(self, note: Note) -> None:
        part = self._folder / (NOTE_FILE + PART)
        if part.name in self._storage.names(self._folder):
            self._storage.remove(part)
        file = self._storage.create(part)
        try:
            file.write([note.encode(self._digest)])
            file.sync()
        finally:
            file.close()
        self._storage.rename(part, self._folder / NOTE_FILE)
        self._storage.sync_folder(self._folder)
