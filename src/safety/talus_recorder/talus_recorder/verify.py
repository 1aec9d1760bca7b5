# SPDX-License-Identifier: Apache-2.0
"""Checks whether event files are as they were recorded.

Run it by `python -m talus_recorder.verify FILE_OR_FOLDER...`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from mcap.records import Metadata
from talus_core.errors import TalusError
from talus_core.machine.program import CommandLine
from talus_core.machine.terminal import complain, tell

from talus_recorder.disk.archive import NOTE_FILE, Note, number_of
from talus_recorder.disk.storage import Disk, Storage
from talus_recorder.format.chain import FIRST_LINK, Digest, digest_of_key_file
from talus_recorder.format.layout import (
    ORIGIN,
    SEAL,
    FileSummary,
    link_record,
    origin_digest,
    record,
    seal_of,
    seal_record,
)
from talus_recorder.format.scan import Scan, scan
from talus_recorder.recording import default_folder


@dataclass(frozen=True)
class Report:
    """Report what a file holds, and what is wrong with it.

    No problem means that every byte is as it was recorded.
    """

    messages: int
    chunks: int
    number: int
    previous: str
    seal: str
    problems: tuple[str, ...]


def verify_data(data: bytes, digest: Digest) -> Report:
    """Return the report on the bytes of an event file."""
    found = scan(data)
    seal = found.seal or {"number": "0", "previous": FIRST_LINK, "seal": ""}
    problems = tuple(found.problems) + tuple(_problems(found, digest))
    messages = sum(sum(group.counts.values()) for group in found.groups)
    return Report(
        messages, len(found.groups), int(seal["number"]), seal["previous"], seal["seal"], problems
    )


def _problems(found: Scan, digest: Digest) -> list[str]:
    origin = found.origin
    if origin is None:
        return ["the preamble is not complete"]
    algorithm = origin.get("algorithm")
    if algorithm != digest.name:
        return [f"recorded with {algorithm}, asked to verify with {digest.name}: see --key-file"]
    return [
        *_of_preamble(found, origin, digest),
        *_of_groups(found, digest),
        *_of_seal(found, origin, digest),
        *_of_summary(found, origin),
    ]


def _of_preamble(found: Scan, origin: dict[str, str], digest: Digest) -> list[str]:
    stated = origin.get("digest")
    is_right = stated == origin_digest(found.data[: found.origin_at], origin, digest)
    return [] if is_right else ["the preamble was changed"]


def _of_groups(found: Scan, digest: Digest) -> list[str]:
    problems = []
    for group, (number, previous, head) in zip(found.groups, found.links, strict=True):
        link = link_record(number, previous, head)
        end = group.offset + group.length
        content = memoryview(found.data)[group.offset : end - len(link)]
        if (
            found.data[end - len(link) : end] != link
            or digest.of(previous, number, content) != head
        ):
            problems.append(f"chunk {number} at byte {group.offset} was changed")
    for (number, _, head), (next_number, previous, _) in pairwise(found.links):
        if next_number != number + 1 or previous != head:
            problems.append(
                f"between chunk {number} and chunk {next_number} something was taken out or put in"
            )
    return problems


def _of_seal(found: Scan, origin: dict[str, str], digest: Digest) -> list[str]:
    if found.seal is None:
        return [
            "no seal: the file was cut, or never finished (talus_recorder.recover makes it "
            "readable)"
        ]
    number = int(found.seal["number"])
    previous = found.seal["previous"]
    seal = found.seal["seal"]
    heads = [group.head for group in found.groups]
    if seal != seal_of(number, previous, origin["digest"], heads, digest):
        return ["the seal is not that of these chunks"]
    return []


def _of_summary(found: Scan, said: dict[str, str]) -> list[str]:
    """Return the problems outside of what was hashed: it must equal what follows from the data."""
    origin = record(Metadata(ORIGIN, said))
    summary = FileSummary(found.channels)
    summary.add_metadata(ORIGIN, found.origin_at, len(origin))
    at = found.origin_at + len(origin)
    if found.data[found.origin_at : at] != origin:
        return ["the preamble was changed"]
    for group in found.groups:
        if group.offset != at:
            return [f"byte {at}: {group.offset - at} bytes that belong to no chunk"]
        summary.add(group, at)
        at += group.length
    if found.seal is None:
        return []
    seal = seal_record(int(found.seal["number"]), found.seal["previous"], found.seal["seal"])
    summary.add_metadata(SEAL, at, len(seal))
    rest = seal + summary.encode(at + len(seal))
    return [] if found.data[at:] == rest else ["what follows the chunks was changed or cut"]


def verify_folder(storage: Storage, folder: Path, digest: Digest) -> dict[str, tuple[str, ...]]:
    """Return problems by file name, `chain.json` among them, of files that have some.

    Raises OSError.
    """
    names = [name for name in storage.names(folder) if number_of(name)]
    reports = {}
    for name in names:
        with storage.open(folder / name) as file:
            reports[number_of(name)] = (name, verify_data(file.read(), digest))
    found = {name: report.problems for name, report in reports.values() if report.problems}
    order = _of_order(
        storage, folder, {number: report for number, (_, report) in reports.items()}, digest
    )
    return found | ({NOTE_FILE: tuple(order)} if order else {})


def _of_order(
    storage: Storage, folder: Path, reports: dict[int, Report], digest: Digest
) -> list[str]:
    if NOTE_FILE not in storage.names(folder):
        return [f"{NOTE_FILE} is missing"] if reports else []
    with storage.open(folder / NOTE_FILE) as file:
        try:
            note = Note.decode(file.read(), digest)
        except ValueError as error:
            return [str(error)]
    expected = set(range(note.first, note.last + 1)) - set(note.removed)
    problems = [f"file {number:06d} is missing" for number in sorted(expected - reports.keys())]
    if note.last in reports and reports[note.last].seal != note.seal:
        problems.append(f"file {note.last:06d} is another than the one that was recorded")
    for number, report in reports.items():
        before = reports.get(number - 1)
        if report.number != number or (before is not None and report.previous != before.seal):
            problems.append(f"file {number:06d} does not follow on the one before it")
    return problems


def main(words: Sequence[str] | None = None) -> int:
    """Verify files; return exit code 0 = untouched, 1 = something is wrong, 2 = bad input."""
    parser = CommandLine(
        prog="talus_recorder.verify", description="Finds changed or missing recordings."
    )
    parser.add_argument(
        "paths",
        nargs="*",
        type=Path,
        metavar="FILE_OR_FOLDER",
        help="default: the recorder's folder",
    )
    parser.add_argument(
        "--key-file", default="", help="secret of the hash chain, where the recorder was given one"
    )
    given = parser.parse_args(words)
    try:
        digest = digest_of_key_file(given.key_file)
        return max(
            _verify_path(path, digest) for path in given.paths or [default_folder(os.environ)]
        )
    except (TalusError, OSError) as error:
        complain(f"error: {error}")
        return 2


def _verify_path(path: Path, digest: Digest) -> int:
    """Print what is wrong with a file or a folder; return the exit code."""
    if path.is_dir():
        found = verify_folder(Disk(), path, digest)
        problems = [f"{path / name}: {text}" for name, texts in found.items() for text in texts]
        fine = f"{path}: untouched"
    else:
        report = verify_data(path.read_bytes(), digest)
        problems = [f"{path}: {text}" for text in report.problems]
        fine = f"{path}: untouched, {report.messages} messages, seal {report.seal}"
    for text in problems or [fine]:
        tell(text)
    return int(bool(problems))


if __name__ == "__main__":
    sys.exit(main())
