# SPDX-License-Identifier: Apache-2.0
"""Defines files as the recorder uses them, so that a test can cut the power at any byte."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Protocol

LOCK = ".lock"
MOST_PARTS = 512  # buffers of one writev; IOV_MAX is 1024
_CLOSED = -1  # no handle of the operating system; using it is an OSError


class File(Protocol):
    """Defines a new file that only grows."""

    def write(self, parts: Sequence[bytes | memoryview]) -> None:
        """Append all; raises OSError, and some of it may be in the file then."""

    def sync(self) -> None:
        """Return once the content survives a power cut; raises OSError."""

    def close(self) -> None:
        """Close the file without a sync; idempotent."""


class Storage(Protocol):
    """Defines a file system; every method raises OSError where it cannot do its work."""

    def create(self, path: Path) -> File:
        """Make a new, empty file."""

    def open(self, path: Path) -> BinaryIO:
        """Open a file for reading."""

    def rename(self, source: Path, target: Path) -> None:
        """Replace `target` at once; survives a power cut after `sync_folder`."""

    def remove(self, path: Path) -> None:
        """Remove one file at once."""

    def make_folder(self, path: Path) -> None:
        """Make a folder with its parents, if it is not there."""

    def remove_folder(self, path: Path) -> None:
        """Remove a folder with everything in it."""

    def sync_folder(self, path: Path) -> None:
        """Return once new, renamed and removed names survive a power cut."""

    def names(self, folder: Path) -> list[str]:
        """Return the sorted names in a folder; none where there is no such folder."""

    def size(self, path: Path) -> int:
        """Return the bytes of a file."""

    def free(self, folder: Path) -> int:
        """Return the bytes that may still be written."""

    def claim(self, folder: Path) -> bool:
        """Claim a folder until the process ends; return False if a living process has it."""

    def locked(self, folder: Path):
        """Return a context that only one process can be in at a time."""


class DiskFile:
    """Writes a file of the operating system."""

    def __init__(self, path: Path):
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        self._handle = os.open(path, flags, 0o644)

    def write(self, parts: Sequence[bytes | memoryview]) -> None:
        """Append all of some buffers."""
        left = [memoryview(part).cast("B") for part in parts]
        while left:
            written = os.writev(self._handle, left[:MOST_PARTS])
            while left and written >= len(left[0]):
                written -= len(left.pop(0))
            if left and written:
                left[0] = left[0][written:]

    def sync(self) -> None:
        """Sync to the medium, as far as the operating system can tell."""
        os.fdatasync(self._handle)

    def close(self) -> None:
        """Close the file; idempotent."""
        handle = self._handle
        self._handle = _CLOSED
        if handle != _CLOSED:
            os.close(handle)


class Disk:
    """Uses the operating system's file system."""

    def __init__(self) -> None:
        self._claims: dict[Path, int] = {}

    def create(self, path: Path) -> File:
        """Make a new, empty file."""
        return DiskFile(path)

    def open(self, path: Path) -> BinaryIO:
        """Open a file for reading."""
        return path.open("rb")

    def rename(self, source: Path, target: Path) -> None:
        """Rename a file; this is atomic on every local file system of Linux."""
        os.replace(source, target)

    def remove(self, path: Path) -> None:
        """Remove one file at once."""
        path.unlink()

    def make_folder(self, path: Path) -> None:
        """Make a folder with its parents, if it is not there."""
        path.mkdir(parents=True, exist_ok=True)

    def remove_folder(self, path: Path) -> None:
        """Remove a folder with everything in it."""
        shutil.rmtree(path)
        claim = self._claims.pop(path, None)
        if claim is not None:
            os.close(claim)

    def sync_folder(self, path: Path) -> None:
        """Sync the names in a folder."""
        handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

    def names(self, folder: Path) -> list[str]:
        """Return the sorted names in a folder."""
        return sorted(os.listdir(folder)) if folder.is_dir() else []

    def size(self, path: Path) -> int:
        """Return the bytes of a file."""
        return path.stat().st_size

    def free(self, folder: Path) -> int:
        """Return the bytes that this process may still write."""
        facts = os.statvfs(folder)
        return facts.f_bavail * facts.f_frsize

    def claim(self, folder: Path) -> bool:
        """Claim a folder by a lock that the kernel releases when the process ends in any way."""
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
        """Wait for the other process, then hold the context."""
        handle = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            with suppress(OSError):
                os.close(handle)
