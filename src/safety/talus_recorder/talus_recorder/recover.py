# SPDX-License-Identifier: Apache-2.0
"""Makes readable files of what a power cut or a kill left.

Run it by `python -m talus_recorder.recover FILE...`.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from mcap.records import Channel, McapRecord, Schema
from talus_core.errors import TalusError
from talus_core.machine.program import CommandLine
from talus_core.machine.terminal import complain, tell

from talus_recorder.config import MEGABYTE
from talus_recorder.disk.archive import PART, Archive
from talus_recorder.disk.event_file import EventFile
from talus_recorder.disk.ring import RingPiece
from talus_recorder.disk.storage import Disk, File, Storage
from talus_recorder.errors import RecorderError
from talus_recorder.format.chain import FIRST_LINK, Digest, digest_of_key_file
from talus_recorder.format.layout import SEAL, FileSummary, RecordedChannel, seal_of, seal_record
from talus_recorder.format.read_back import ReadBack, read_back
from talus_recorder.format.scan import Scan, scan
from talus_recorder.happenings.events import EVENT_INTERRUPTED, Happening
from talus_recorder.recording import RING_PREFIX, Recording


def recover_rings(storage: Storage, recording: Recording) -> list[Path]:
    """Make an event file of every ring that no living process has.

    `recording` is that of this process. Raises OSError.
    """
    made = []
    for name in storage.names(recording.folder):
        ring = recording.folder / name
        if name.startswith(RING_PREFIX) and ring != recording.ring and storage.claim(ring):
            path = _recover_ring(storage, recording, ring)
            storage.remove_folder(ring)
            made += [] if path is None else [path]
    return made


def _recover_ring(storage: Storage, recording: Recording, ring: Path) -> Path | None:
    process = ring.name.removeprefix(RING_PREFIX)
    for name in storage.names(recording.folder):
        if name.startswith(process) and name.endswith(PART):
            storage.remove(recording.folder / name)
    scans = {
        ring / name: _scan(storage, ring / name)
        for name in storage.names(ring)
        if name.endswith(".mcap")
    }
    pieces = [
        RingPiece(path, group, 0.0, 0.0) for path, found in scans.items() for group in found.groups
    ]
    if not pieces:
        return None
    archive = Archive(
        storage, recording.folder, recording.digest, recording.config.quota_mb * MEGABYTE
    )
    whole = next(found for found in scans.values() if found.groups)
    return _write(storage, recording.folder, whole, pieces, archive, recording.digest)


def recover_file(storage: Storage, path: Path, digest: Digest) -> Path:
    """Write `<name>.recovered.mcap` beside one of our files that was cut.

    Raises RecorderError or OSError.
    """
    found = _scan(storage, path)
    if not found.channels:
        raise RecorderError(
            f"{path}: nothing to recover: {'; '.join(found.problems) or 'no channels'}"
        )
    pieces = [RingPiece(path, group, 0.0, 0.0) for group in found.groups]
    target = path.with_name(f"{path.stem}.recovered.mcap")
    return _write(storage, path.parent, found, pieces, _Loose(storage, target, digest), digest)


class _Loose:
    """Finishes a file that belongs to no folder of ours."""

    def __init__(self, storage: Storage, target: Path, digest: Digest):
        self._storage = storage
        self._target = target
        self._digest = digest

    def make_room(self, size: int) -> list[str]:
        """Do nothing: no quota holds here."""
        return []

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
        """Finish a file as `Archive.finish` does, without a place in a chain."""
        record = seal_record(0, FIRST_LINK, seal_of(0, FIRST_LINK, origin, heads, self._digest))
        summary.add_metadata(SEAL, size, len(record))
        file.write([record, summary.encode(size + len(record))])
        file.sync()
        file.close()
        self._storage.rename(part, self._target)
        self._storage.sync_folder(self._target.parent)
        return self._target


def _scan(storage: Storage, path: Path) -> Scan:
    with storage.open(path) as file:
        return scan(file.read())


def _write(
    storage: Storage,
    folder: Path,
    found: Scan,
    pieces: Sequence[RingPiece],
    finisher: Archive | _Loose,
    digest: Digest,
) -> Path:
    """Write a recovered file; raises RecorderError where it cannot be read back."""
    end = max((piece.group.end for piece in pieces), default=0)
    events = [event for piece in pieces for event, _, _ in piece.group.events]
    events.append(
        Happening(EVENT_INTERRUPTED, "the recording ended without saying so", end, 0.0, 0.0)
    )
    said = {
        key: value
        for key, value in (found.origin or {"process": "unknown"}).items()
        if key not in _OWN
    }
    origin = {**said, "recovered": f"{len(pieces)} chunks"}
    maker = EventFile(storage, folder, recorded_channels(found.channels), origin, digest)
    *_, path = maker.make(pieces, [*_worst_first(events)], finisher)
    assert path is not None  # the last that `make` yields is the finished file
    expected = sum(sum(piece.group.counts.values()) for piece in pieces)
    with storage.open(path) as file:
        kept = read_back(file)
    if kept.counts.total() != expected:
        raise RecorderError(f"{path}: {expected} messages went in, {kept.counts.total()} came out")
    return path


_OWN = ("segment", "digest", "algorithm")  # words of a preamble that are written anew


def _worst_first(events: list[Happening]) -> list[Happening]:
    """Return the events with the worst first; a fault before the interruption names the file."""
    return sorted(events, key=lambda event: (event.is_routine, event.kind == EVENT_INTERRUPTED))


def recorded_channels(records: Sequence[McapRecord]) -> list[RecordedChannel]:
    """Return schemas and channels of a preamble as the recorder has them."""
    schemas = {one.id: one for one in records if isinstance(one, Schema)}
    channels = [one for one in records if isinstance(one, Channel) and one.schema_id in schemas]
    return [
        RecordedChannel(
            c.topic, schemas[c.schema_id].name, schemas[c.schema_id].data.decode(errors="replace")
        )
        for c in channels
    ]


def main(words: Sequence[str] | None = None) -> int:
    """Recover files; return exit code 0, or 2 where a file cannot be recovered."""
    parser = CommandLine(
        prog="talus_recorder.recover", description="Readable files out of cut ones."
    )
    parser.add_argument(
        "files", nargs="+", type=Path, metavar="FILE", help="a cut file of the recorder"
    )
    parser.add_argument(
        "--key-file", default="", help="secret of the hash chain, to seal the new file with"
    )
    given = parser.parse_args(words)
    try:
        digest = digest_of_key_file(given.key_file)
        for file in given.files:
            path = recover_file(Disk(), file, digest)
            with path.open("rb") as made:
                tell(_told(path, read_back(made)))
    except (TalusError, OSError) as error:
        complain(f"error: {error}")
        return 2
    return 0


def _told(path: Path, kept: ReadBack) -> str:
    seconds = (kept.last - kept.first) * 1e-9
    return f"{path}: {kept.counts.total()} messages of {seconds:.2f} s, read back"


if __name__ == "__main__":
    sys.exit(main())
