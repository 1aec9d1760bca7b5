# SPDX-License-Identifier: Apache-2.0
"""Hands chunks from the listening thread to the writing one; a slow disk loses the oldest."""

from __future__ import annotations

from collections import deque
from threading import Condition

from talus_recorder.format.chunk import ChunkBuffer, Filled
from talus_recorder.happenings.events import Happening


class Spool:
    """Holds a fixed number of buffers, each empty, being filled, waiting, or being written."""

    def __init__(self, buffers: int, capacity: int):
        """Make the buffers, of `capacity` bytes each."""
        self._empty = [ChunkBuffer(capacity) for _ in range(buffers)]
        self._waiting: deque[Filled] = deque()
        self._is_writing = False
        self._changed = Condition()
        self._is_closed = False
        self.dropped = 0  # messages lost because the disk was too slow
        self._orphans: tuple[Happening, ...] = ()  # events of chunks that were dropped

    def take_empty(self) -> ChunkBuffer:
        """Return a buffer to fill; where all wait, the oldest of them is given up."""
        with self._changed:
            if not self._empty:
                given_up = self._waiting[1] if self._is_writing else self._waiting[0]
                self._waiting.remove(given_up)
                self.dropped += given_up.buffer.count
                self._orphans += given_up.events
                self._empty.append(given_up.buffer)
            buffer = self._empty.pop()
        buffer.clear()
        return buffer

    def put(self, filled: Filled) -> None:
        """Queue a buffer that `take_empty` gave."""
        with self._changed:
            events = self._orphans + filled.events
            self._orphans = ()
            self._waiting.append(Filled(filled.buffer, filled.begin, filled.end, events))
            self._changed.notify()

    def oldest(self, timeout: float) -> Filled | None:
        """Return the oldest that waits, kept until `done` or `not_done`; None after `timeout` s."""
        with self._changed:
            if not self._waiting and not self._is_closed:
                self._changed.wait(timeout)
            self._is_writing = bool(self._waiting)
            return self._waiting[0] if self._waiting else None

    def done(self) -> None:
        """Note that the oldest is on disk."""
        with self._changed:
            self._empty.append(self._waiting.popleft().buffer)
            self._is_writing = False

    def not_done(self) -> None:
        """Note that the oldest is not on disk; it may be given up while the disk is away."""
        with self._changed:
            self._is_writing = False

    def close(self) -> None:
        """End the queue: nothing more will be put in, so `oldest` waits no more."""
        with self._changed:
            self._is_closed = True
            self._changed.notify()
