# SPDX-License-Identifier: Apache-2.0
"""A file system in memory whose power can be cut at any byte: what was not synced is lost, in part
or torn.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

DISK_PAGE_BYTES = 4096  # bytes that a disk keeps or loses together
OPERATION_BYTES = (
    300  # bytes that a sync, a rename... counts as, so that cuts fall between these, too
)
CUT_DISK_FREE_BYTES = 10**12


class PowerCutError(Exception):
    """No OSError: nobody may go on after it."""


@dataclass
class _Content:
    data: bytearray = field(default_factory=bytearray)
    synced: int = 0


class CutFile:
    """Grows in memory."""

    def __init__(self, disk: CutDisk, content: _Content):
        self._disk = disk
        self._content = content

    def write(self, parts: Sequence[bytes | memoryview]) -> None:
        """Append, up to the byte at which the power goes."""
        for part in parts:
            room = self._disk.spend(len(part))
            self._content.data += bytes(part[:room])
            if room < len(part):
                raise PowerCutError

    def sync(self) -> None:
        """What is there survives."""
        self._disk.operate()
        self._content.synced = len(self._content.data)

    def close(self) -> None:
        """Nothing to give back."""


class CutDisk:
    """`budget`: bytes until the power goes, operations counted as OPERATION bytes."""

    def __init__(self, budget: int):
        self.left = budget
        self.spent = 0
        self._files: dict[Path, _Content] = {}
        # Names that were synced, with the content they stood for.
        self._durable: dict[Path, _Content] = {}
        self._pending: list[tuple[Path, Callable[[dict[Path, _Content]], None]]] = []

    def spend(self, size: int) -> int:
        """How many of `size` bytes are still written."""
        room = min(size, self.left)
        self.left -= room
        self.spent += room
        return room

    def operate(self) -> None:
        """Raises PowerCutError where the power goes before it."""
        if self.spend(OPERATION_BYTES) < OPERATION_BYTES:
            raise PowerCutError

    def after_cut(self, random: random.Random, budget: int) -> CutDisk:
        """The disk as the next boot finds it."""
        names = dict(self._durable)
        for _, change in self._pending[: random.randint(0, len(self._pending))]:
            change(names)
        disk = CutDisk(budget)
        copies = {id(content): _torn(content, random) for content in names.values()}
        disk._files = {path: copies[id(content)] for path, content in names.items()}
        disk._durable = dict(disk._files)
        return disk

    def create(self, path: Path) -> CutFile:
        """A new, empty file."""
        self.operate()
        content = _Content()

        def put(names: dict[Path, _Content]) -> None:
            names[path] = content

        self._change(path, put)
        return CutFile(self, content)

    def open(self, path: Path) -> BinaryIO:
        """To read: what was written, synced or not."""
        return BytesIO(self._content(path).data)

    def rename(self, source: Path, target: Path) -> None:
        """At once."""
        self.operate()
        self._content(source)

        def move(names: dict[Path, _Content]) -> None:
            if source in names:
                names[target] = names.pop(source)

        self._change(target, move)

    def remove(self, path: Path) -> None:
        """Of a file."""
        self.operate()
        self._content(path)

        def drop(names: dict[Path, _Content]) -> None:
            names.pop(path, None)

        self._change(path, drop)

    def make_folder(self, path: Path) -> None:
        """Folders are what the names of files say."""

    def remove_folder(self, path: Path) -> None:
        """File by file."""
        for name in self.names(path):
            self.remove(path / name)

    def sync_folder(self, path: Path) -> None:
        """Its names survive."""
        self.operate()
        for _, change in (pending for pending in self._pending if pending[0].parent == path):
            change(self._durable)
        self._pending = [pending for pending in self._pending if pending[0].parent != path]

    def names(self, folder: Path) -> list[str]:
        """Files and folders."""
        depth = len(folder.parts)
        return sorted({path.parts[depth] for path in self._files if folder in path.parents})

    def size(self, path: Path) -> int:
        """Bytes of a file."""
        return len(self._content(path).data)

    def free(self, folder: Path) -> int:
        """Never full."""
        return CUT_DISK_FREE_BYTES

    def claim(self, folder: Path) -> bool:
        """Nobody else lives on this disk."""
        return True

    @contextmanager
    def locked(self, folder: Path):
        """Nobody else lives on this disk."""
        yield

    def _change(self, path: Path, change: Callable[[dict[Path, _Content]], None]) -> None:
        change(self._files)
        self._pending.append((path, change))

    def _content(self, path: Path) -> _Content:
        if path not in self._files:
            raise FileNotFoundError(2, "No such file", str(path))
        return self._files[path]


def _torn(content: _Content, random: random.Random) -> _Content:
    """What was synced, then any part of the rest, of which any page may never have been written."""
    end = random.randint(content.synced, len(content.data))
    data = bytearray(content.data[:end])
    for page in range(content.synced // DISK_PAGE_BYTES, end // DISK_PAGE_BYTES + 1):
        begin = max(page * DISK_PAGE_BYTES, content.synced)
        stop = min((page + 1) * DISK_PAGE_BYTES, end)
        if begin < stop and random.random() < 0.2:
            data[begin:stop] = bytes(stop - begin)
    return _Content(data, len(data))
