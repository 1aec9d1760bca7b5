# SPDX-License-Identifier: Apache-2.0
"""Simulates a file system in memory whose power can be cut at any byte, for tests.

What was not synced is lost, in part or torn.
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
    """Raised at the power cut; it is no OSError, since nothing may continue after it."""


@dataclass
class _Content:
    data: bytearray = field(default_factory=bytearray)
    synced: int = 0


class CutFile:
    """Simulates a file that grows in memory."""

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
        """Make all content so far survive a cut."""
        self._disk.operate()
        self._content.synced = len(self._content.data)

    def close(self) -> None:
        """Do nothing: a file in memory holds no handle."""


class CutDisk:
    """Simulates a disk with `budget` bytes until the cut; an operation costs OPERATION bytes."""

    def __init__(self, budget: int):
        self.left = budget
        self.spent = 0
        self._files: dict[Path, _Content] = {}
        # Names that were synced, with the content they stood for.
        self._durable: dict[Path, _Content] = {}
        self._pending: list[tuple[Path, Callable[[dict[Path, _Content]], None]]] = []

    def spend(self, size: int) -> int:
        """Return how many of `size` bytes are still written."""
        room = min(size, self.left)
        self.left -= room
        self.spent += room
        return room

    def operate(self) -> None:
        """Count an operation; raises PowerCutError where the power goes before it."""
        if self.spend(OPERATION_BYTES) < OPERATION_BYTES:
            raise PowerCutError

    def after_cut(self, random: random.Random, budget: int) -> CutDisk:
        """Return the disk as the next boot finds it."""
        names = dict(self._durable)
        for _, change in self._pending[: random.randint(0, len(self._pending))]:
            change(names)
        disk = CutDisk(budget)
        copies = {id(content): _torn(content, random) for content in names.values()}
        disk._files = {path: copies[id(content)] for path, content in names.items()}
        disk._durable = dict(disk._files)
        return disk

    def create(self, path: Path) -> CutFile:
        """Make a new, empty file."""
        self.operate()
        content = _Content()

        def put(names: dict[Path, _Content]) -> None:
            names[path] = content

        self._change(path, put)
        return CutFile(self, content)

    def open(self, path: Path) -> BinaryIO:
        """Open for reading what was written, synced or not."""
        return BytesIO(self._content(path).data)

    def rename(self, source: Path, target: Path) -> None:
        """Rename a file at once."""
        self.operate()
        self._content(source)

        def move(names: dict[Path, _Content]) -> None:
            if source in names:
                names[target] = names.pop(source)

        self._change(target, move)

    def remove(self, path: Path) -> None:
        """Remove one file at once."""
        self.operate()
        self._content(path)

        def drop(names: dict[Path, _Content]) -> None:
            names.pop(path, None)

        self._change(path, drop)

    def make_folder(self, path: Path) -> None:
        """Do nothing: folders are what the names of files say."""

    def remove_folder(self, path: Path) -> None:
        """Remove a folder file by file."""
        for name in self.names(path):
            self.remove(path / name)

    def sync_folder(self, path: Path) -> None:
        """Make the names in a folder survive a cut."""
        self.operate()
        for _, change in (pending for pending in self._pending if pending[0].parent == path):
            change(self._durable)
        self._pending = [pending for pending in self._pending if pending[0].parent != path]

    def names(self, folder: Path) -> list[str]:
        """Return the files and folders in a folder."""
        depth = len(folder.parts)
        return sorted({path.parts[depth] for path in self._files if folder in path.parents})

    def size(self, path: Path) -> int:
        """Return the bytes of a file."""
        return len(self._content(path).data)

    def free(self, folder: Path) -> int:
        """Return a size that is never exhausted."""
        return CUT_DISK_FREE_BYTES

    def claim(self, folder: Path) -> bool:
        """Claim a folder; no other process uses this disk."""
        return True

    @contextmanager
    def locked(self, folder: Path):
        """Return an empty context; no other process uses this disk."""
        yield

    def _change(self, path: Path, change: Callable[[dict[Path, _Content]], None]) -> None:
        change(self._files)
        self._pending.append((path, change))

    def _content(self, path: Path) -> _Content:
        if path not in self._files:
            raise FileNotFoundError(2, "No such file", str(path))
        return self._files[path]


def _torn(content: _Content, random: random.Random) -> _Content:
    """Return the content after a cut: what was synced, then any part of the rest.

    Any page of that rest may never have been written.
    """
    end = random.randint(content.synced, len(content.data))
    data = bytearray(content.data[:end])
    for page in range(content.synced // DISK_PAGE_BYTES, end // DISK_PAGE_BYTES + 1):
        begin = max(page * DISK_PAGE_BYTES, content.synced)
        stop = min((page + 1) * DISK_PAGE_BYTES, end)
        if begin < stop and random.random() < 0.2:
            data[begin:stop] = bytes(stop - begin)
    return _Content(data, len(data))
