# SPDX-License-Identifier: Apache-2.0
"""Keeps the newest messages of a node's fast topics in shared memory: writing wakes no reader.

A trace is a file in /dev/shm: a head, then slots of one size that are used in turn. A slot's number
is 0 while it is written and counts from 1; a reader compares it before and after it reads. What a
node wrote outlives its process.
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

from talus_core.graph.node_table import NODES

SHARED_MEMORY = Path("/dev/shm")
TRACE_PREFIX = "talus-"
TRACE_MAGIC = b"TALUSTR1"
TRACE_HEAD = struct.Struct("8sQQQ")  # magic, number of slots, bytes of each, messages written
COUNT_AT = 24
SLOT_HEAD = struct.Struct("QQII")  # number, steady clock in ns, kind, bytes that follow
# Aligned, so that it is read at once; written by a memoryview, as `pack_into` writes zeros first.
SLOT_NUMBER = struct.Struct("Q")
MOST_MESSAGES = 2**62  # ever written: NumPy counts to 2**63
TRACED_TOPICS = NODES.traced()
TRACE_KINDS = {
    topic: kind
    for kind, topic in enumerate(topic for topics in TRACED_TOPICS.values() for topic in topics)
}
STATE_KIND = TRACE_KINDS["robot_state"]
COMMAND_KIND = TRACE_KINDS["joint_command"]


@dataclass(frozen=True)
class Block:
    """Holds messages of one kind and length, in the order in which they were written.

    Attributes:
        kind: Kind of the messages, one of KINDS.
        times: (n,) steady clock, ns.
        data: (n, length) bytes.
    """

    kind: int
    times: np.ndarray
    data: np.ndarray


def trace_path(domain: int, namespace: str, owner: str) -> Path:
    """Return the path of a node's trace on this machine, for this user.

    Args:
        domain: ROS domain of the robot.
        namespace: ROS namespace of the robot.
        owner: Node, one of TRACED.
    """
    return (
        SHARED_MEMORY
        / f"{TRACE_PREFIX}{os.getuid()}-{domain}{namespace.rstrip('/').replace('/', '.')}-{owner}"
    )


class TraceWriter:
    """Writes the one trace of a node; a new writer replaces one that was killed."""

    def __init__(self, path: Path, slots: int, room: int):
        """Create the file; `room`: size of the longest message, bytes. Raises OSError."""
        self._path = path
        self._slots = slots
        self._size = -(-(SLOT_HEAD.size + room) // 64) * 64
        part = path.with_name(f"{path.name}.{os.getpid()}")
        handle = os.open(part, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(
                handle, fcntl.LOCK_EX
            )  # kept until the process ends, however it ends: see `remove_dead`
            os.posix_fallocate(handle, 0, TRACE_HEAD.size + slots * self._size)
            self._map = mmap.mmap(handle, TRACE_HEAD.size + slots * self._size)
            TRACE_HEAD.pack_into(self._map, 0, TRACE_MAGIC, slots, self._size, 0)
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
        """Store a message of a kind at a time of the steady clock, ns.

        A message that is too long is left out.
        """
        begin = TRACE_HEAD.size + (self._count % self._slots) * self._size
        end = begin + SLOT_HEAD.size + len(data)
        if end > begin + self._size:
            return
        self._count += 1
        SLOT_HEAD.pack_into(self._map, begin, 0, now_ns, kind, len(data))
        self._map[begin + SLOT_HEAD.size : end] = data
        self._numbers[begin // SLOT_NUMBER.size] = self._count
        self._numbers[COUNT_AT // SLOT_NUMBER.size] = self._count

    def close(self) -> None:
        """Remove the file, unless another writer has replaced it."""
        with suppress(OSError):
            os.close(self._handle)
        with suppress(OSError):
            if self._path.stat().st_ino == self._inode:
                self._path.unlink()


class NoTrace:
    """Replaces a writer where there is no shared memory: it keeps nothing."""

    def put(self, kind: int, now_ns: int, data: bytes) -> None:
        """Forget the message at once."""

    def close(self) -> None:
        """Do nothing, since there is no file."""


def remove_dead(folder: Path) -> None:
    """Remove traces of this user whose writers were killed, since shared memory is scarce.

    A reader that still has one open can go on reading.
    """
    for path in folder.glob(f"{TRACE_PREFIX}{os.getuid()}-*"):
        with suppress(OSError), path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink()


def open_trace(path: Path, slots: int, room: int) -> TraceWriter | NoTrace:
    """Open a trace if possible: a robot must be able to stand without one."""
    remove_dead(path.parent)
    try:
        return TraceWriter(path, slots, room)
    except OSError:
        return NoTrace()


@dataclass(frozen=True)
class _OpenTrace:
    """Holds a trace that is mapped for reading; every array has one entry per slot.

    Attributes:
        map: Memory map of the file.
        inode: Number that tells this file from a later one at the same path.
        numbers: Number of the message in each slot, counted from 1; 0 while it is written.
        times: Steady clock of the messages, ns.
        shapes: Kind in the lower half, number of bytes that follow in the upper half.
        data: (slots, room) bytes.
    """

    map: mmap.mmap
    inode: int
    numbers: np.ndarray
    times: np.ndarray
    shapes: np.ndarray
    data: np.ndarray

    def written(self) -> int:
        """Return the number of messages that were ever written to it."""
        return SLOT_NUMBER.unpack_from(self.map, COUNT_AT)[0]


class TraceReader:
    """Follows the trace of a path, from one writer to the next."""

    def __init__(self, path: Path):
        self._path = path
        self._open: _OpenTrace | None = None
        self._next = 0
        self.missed = 0  # messages that were overwritten before they were read

    @property
    def is_open(self) -> bool:
        """Tell whether there has been a trace to follow."""
        return self._open is not None

    def read(self) -> list[Block]:
        """Return all that is new; of the first trace only what comes from now on."""
        old = self._open
        blocks = [] if old is None else self._rest(old)
        new = self._newer()
        if new is not None:
            self._open = new
            self._next = new.written() if old is None else 0
            blocks += self._rest(new)
        return blocks

    def _newer(self) -> _OpenTrace | None:
        """Open the trace at the path, unless it is the one that is open already."""
        try:
            inode = self._path.stat().st_ino
            if self._open is not None and inode == self._open.inode:
                return None
            with self._path.open("rb") as file:
                made = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
        except (OSError, ValueError):
            return None
        if len(made) < TRACE_HEAD.size or made[: len(TRACE_MAGIC)] != TRACE_MAGIC:
            return None
        _, slots, size, _ = TRACE_HEAD.unpack_from(made, 0)
        room = len(made) - TRACE_HEAD.size
        if slots < 1 or size < SLOT_HEAD.size or size % SLOT_NUMBER.size or slots * size > room:
            return None  # cut off, or none of ours
        data = np.frombuffer(made, np.uint8, slots * size, TRACE_HEAD.size).reshape(slots, size)
        return _OpenTrace(
            map=made,
            inode=inode,
            numbers=np.ndarray(slots, "<u8", made, TRACE_HEAD.size, size),
            times=np.ndarray(slots, "<i8", made, TRACE_HEAD.size + 8, size),
            shapes=np.ndarray(slots, "<u8", made, TRACE_HEAD.size + 16, size),
            data=data[:, SLOT_HEAD.size :],
        )

    def _rest(self, trace: _OpenTrace) -> list[Block]:
        """Return what the trace has from the message `_next` on."""
        written = trace.written()
        if written > MOST_MESSAGES:
            return []  # spoilt
        slots = len(trace.data)
        oldest = max(self._next, written - slots)
        self.missed += oldest - self._next
        self._next = written
        wanted = np.arange(oldest + 1, written + 1, dtype=np.uint64)
        places = np.arange(oldest, written) % slots
        is_whole = trace.numbers[places] == wanted
        shapes = trace.shapes[places]
        times = trace.times[places]
        blocks = []
        self.missed += int(np.count_nonzero(~is_whole))
        for shape in np.unique(shapes[is_whole]).tolist():
            chosen = np.flatnonzero(is_whole & (shapes == shape))
            data = trace.data[places[chosen], : shape >> 32]  # this indexing copies
            is_still = trace.numbers[places[chosen]] == wanted[chosen]
            if not is_still.all():
                self.missed += int(np.count_nonzero(~is_still))
                chosen = chosen[is_still]
                data = data[is_still]
            if len(data):
                blocks.append(Block(shape & 0xFFFFFFFF, times[chosen], data))
        return blocks
