# SPDX-License-Identifier: Apache-2.0
"""Files as the recorder uses them, behind a seam, so that a test can cut the power at any byte."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Protocol

LOCK = ".lock"
MOST_PARTS = 512  # of one writev; IOV_MAX is 1024
_CLOSED = -1  # no handle of the operating system; using it is an OSError


class File(Protocol):
    """A new file that only grows."""

    def write(self, parts: Sequence[bytes | memoryview]) -> None:
        """Append all. Raises OSError; some of it may be in the file then."""

    def sync(self) -> None:
        """Return once the content survives a power cut. Raises OSError."""

    def close(self) -> None:
        """Give it back; does not sync. Idempotent."""


class Storage(Protocol):
    """A file system. Everything raises OSError where it cannot."""

    def create(self, path: Path) -> File:
        """A new, empty file."""

    def open(self, path: Path) -> BinaryIO:
        """To read."""

    def rename(self, source: Path, target: Path) -> None:
        """Replace `target` at once; survives a power cut after `sync_folder`."""

    def remove(self, path: Path) -> None:
        """Of a file."""

    def make_folder(self, path: Path) -> None:
        """With its parents, if it is not there."""

    def remove_folder(self, path: Path) -> None:
        """With everything in it."""

    def sync_folder(self, path: Path) -> None:
        """Return once new, renamed and removed names survive a power cut."""

    def names(self, folder: Path) -> list[str]:
        """What lies in it, sorted; nothing where there is no such folder."""

    def size(self, path: Path) -> int:
        """Bytes of a file."""

    def free(self, folder: Path) -> int:
        """Bytes that may still be written."""

    def claim(self, folder: Path) -> bool:
        """Make it ours until the process ends; False if a living process has it."""

    def locked(self, folder: Path):
        """A context in which no other process is in the same context."""


class DiskFile:
    """A file of the operating system."""

    def __init__(self, path: Path):
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        self._handle = os.open(path, flags, 0o644)

    def write(self, parts: Sequence[bytes | memoryview]) -> None:
        """Append all."""
        left = [memoryview(part).cast("B") for part in parts]
        while left:
            written = os.writev(self._handle, left[:MOST_PARTS])
            while left and written >= len(left[0]):
                written -= len(left.pop(0))
            if left and written:
                left[0] = left[0][written:]

    def sync(self) -> None:
        """To the medium, as far as the operating system can tell."""
        os.fdatasync(self._handle)

    def close(self) -> None:
        """Give it back. Idempotent."""
        handle = self._handle
        self._handle = _CLOSED
        if handle != _CLOSED:
            os.close(handle)


class Disk:
    """The operating system's file system."""

    def __init__(self) -> None:
        self._claims: dict[Path, int] = {}

    def create(self, path: Path) -> File:
        """A new, empty file."""
        return DiskFile(path)

    def open(self, path: Path) -> BinaryIO:
        """To read."""
        return path.open("rb")

    def rename(self, source: Path, target: Path) -> None:
        """Atomic on every local file system of Linux."""
        os.replace(source, target)

    def remove(self, path: Path) -> None:
        """Of a file."""
        path.unlink()

    def make_folder(self, path: Path) -> None:
        """With its parents, if it is not there."""
        path.mkdir(parents=True, exist_ok=True)

    def remove_folder(self, path: Path) -> None:
        """With everything in it."""
        shutil.rmtree(path)
        claim = self._claims.pop(path, None)
        if claim is not None:
            os.close(claim)

    def sync_folder(self, path: Path) -> None:
        """Of its names."""
        handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

    def names(self, folder: Path) -> list[str]:
        """Sorted."""
        return sorted(os.listdir(folder)) if folder.is_dir() else []

    def size(self, path: Path) -> int:
        """Bytes of a file."""
        return path.stat().st_size

    def free(self, folder: Path) -> int:
        """Bytes that may still be written by us."""
        facts = os.statvfs(folder)
        return facts.f_bavail * facts.f_frsize

    def claim(self, folder: Path) -> bool:
        """By a lock that the kernel releases when the process ends, however it ends."""
        handle = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(handle)
            return False
        self._claims[folder] = handle
        return True

    @contextmanager
    def locked(self, folder: Path) -> Iterator[None]:
        """Waits for the other."""
        handle = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            with suppress(OSError):
                os.close(handle)
