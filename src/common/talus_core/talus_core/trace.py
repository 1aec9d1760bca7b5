# SPDX-License-Identifier: Apache-2.0
"""The newest messages of a node's fast topics in shared memory: writing costs a copy, and wakes nobody.

A file in /dev/shm: a head, then slots of one size that are used in turn. A slot's number is 0 while it is written and
counts from 1; whoever reads compares it before and after. What a node wrote outlives its process.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import struct
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

FOLDER = Path("/dev/shm")
PREFIX = "talus-"
MAGIC = b"TALUSTR1"
HEAD = struct.Struct("8sQQQ")  # magic, number of slots, bytes of each, messages written
COUNT_AT = 24
SLOT = struct.Struct("QQII")  # number, steady clock in ns, kind, bytes that follow
NUMBER = struct.Struct(
    "Q"
)  # read at once, being aligned; written through a memoryview, since `pack_into` writes zeros first
# Who leaves which topics in a trace of his own.
TRACED = {
    "driver": ("robot_state", "joint_command", "imu", "foot/left/wrench", "foot/right/wrench", "gate/state"),
    "balance": ("odom", "balance/state"),
    "safety": ("safety/state",),
}
KINDS = {topic: kind for kind, topic in enumerate(topic for topics in TRACED.values() for topic in topics)}
STATE, COMMAND = KINDS["robot_state"], KINDS["joint_command"]


@dataclass(frozen=True)
class Block:
    """Messages of one kind and length, in the order in which they were written.

    Attributes:
        kind: One of KINDS.
        times: (n,) steady clock, ns.
        data: (n, length) bytes.
    """

    kind: int
    times: np.ndarray
    data: np.ndarray


def trace_path(domain: int, namespace: str, owner: str) -> Path:
    """Of a node of the robot in a ROS domain and namespace, on this machine, for this user; `owner`: one of TRACED."""
    return FOLDER / f"{PREFIX}{os.getuid()}-{domain}{namespace.rstrip('/').replace('/', '.')}-{owner}"


class TraceWriter:
    """There is one per node; a new one takes the place of one that was killed."""

    def __init__(self, path: Path, slots: int, room: int):
        """`room`: bytes of the longest message. Raises OSError."""
        self._path, self._slots = path, slots
        self._size = -(-(SLOT.size + room) // 64) * 64
        part = path.with_name(f"{path.name}.{os.getpid()}")
        handle = os.open(part, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)  # until the process ends, however it ends: see `remove_dead`
            os.posix_fallocate(handle, 0, HEAD.size + slots * self._size)
            self._map = mmap.mmap(handle, HEAD.size + slots * self._size)
            HEAD.pack_into(self._map, 0, MAGIC, slots, self._size, 0)
            self._inode = os.fstat(handle).st_ino
            os.replace(part, path)
        except OSError:
            os.close(handle)
            part.unlink(missing_ok=True)
            raise
        self._handle = handle
        self._numbers = memoryview(self._map).cast("Q")
        self._count = 0

    def put(self, kind: int, now_ns: int, data: bytes) -> None:
        """A message of a kind, at a time of the steady clock; one that is too long is left out."""
        begin = HEAD.size + (self._count % self._slots) * self._size
        end = begin + SLOT.size + len(data)
        if end > begin + self._size:
            return
        self._count += 1
        SLOT.pack_into(self._map, begin, 0, now_ns, kind, len(data))
        self._map[begin + SLOT.size : end] = data
        self._numbers[begin // NUMBER.size] = self._count
        self._numbers[COUNT_AT // NUMBER.size] = self._count

    def close(self) -> None:
        """Take the file away, unless it is another's by now."""
        with suppress(OSError):
            os.close(self._handle)
        with suppress(OSError):
            if self._path.stat().st_ino == self._inode:
                self._path.unlink()


class NoTrace:
    """Where there is no shared memory: nothing is kept."""

    def put(self, kind: int, now_ns: int, data: bytes) -> None:
        """Forget it."""

    def close(self) -> None:
        """Nothing to take away."""


def remove_dead(folder: Path) -> None:
    """Traces of this user whose writers were killed: shared memory is scarce. Who still reads one goes on reading."""
    for path in folder.glob(f"{PREFIX}{os.getuid()}-*"):
        with suppress(OSError), path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink()


def open_trace(path: Path, slots: int, room: int) -> TraceWriter | NoTrace:
    """A trace if there can be one: its lack must not keep a robot from standing."""
    remove_dead(path.parent)
    try:
        return TraceWriter(path, slots, room)
    except OSError:
        return NoTrace()


class TraceReader:
    """Follows the trace of a path, from one writer to the next."""

    def __init__(self, path: Path):
        self._path = path
        self._map: mmap.mmap | None = None
        self._inode: int | None = None
        self._next = 0
        self.missed = 0  # overwritten before they were read

    @property
    def is_open(self) -> bool:
        """Whether there has been a trace to follow."""
        return self._map is not None

    def read(self) -> list[Block]:
        """All that is new; of the first trace only what comes from now on."""
        is_first = self._map is None
        blocks = [] if is_first else self._rest()
        if self._reopen():
            self._next = self._written() if is_first else 0
            blocks += self._rest()
        return blocks

    def _reopen(self) -> bool:
        try:
            inode = self._path.stat().st_ino
            if inode == self._inode:
                return False
            with self._path.open("rb") as file:
                made = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
        except (OSError, ValueError):
            return False
        if len(made) < HEAD.size or made[: len(MAGIC)] != MAGIC:
            return False
        _, slots, size, _ = HEAD.unpack_from(made, 0)
        self._numbers = np.ndarray(slots, "<u8", made, HEAD.size, size)
        self._times = np.ndarray(slots, "<i8", made, HEAD.size + 8, size)
        self._shapes = np.ndarray(slots, "<u8", made, HEAD.size + 16, size)  # kind and length
        self._data = np.frombuffer(made, np.uint8, slots * size, HEAD.size).reshape(slots, size)[:, SLOT.size :]
        self._map, self._inode = made, inode
        return True

    def _written(self) -> int:
        return NUMBER.unpack_from(self._map, COUNT_AT)[0]

    def _rest(self) -> list[Block]:
        written, slots = self._written(), len(self._data)
        oldest = max(self._next, written - slots)
        self.missed += oldest - self._next
        self._next = written
        wanted, places = np.arange(oldest + 1, written + 1, dtype=np.uint64), np.arange(oldest, written) % slots
        is_whole = self._numbers[places] == wanted
        shapes, times, blocks = self._shapes[places], self._times[places], []
        self.missed += int(np.count_nonzero(~is_whole))
        for shape in np.unique(shapes[is_whole]).tolist():
            chosen = np.flatnonzero(is_whole & (shapes == shape))
            data = self._data[places[chosen], : shape >> 32]  # a copy
            is_still = self._numbers[places[chosen]] == wanted[chosen]
            if not is_still.all():
                self.missed += int(np.count_nonzero(~is_still))
                chosen, data = chosen[is_still], data[is_still]
            if len(data):
                blocks.append(Block(shape & 0xFFFFFFFF, times[chosen], data))
        return blocks
