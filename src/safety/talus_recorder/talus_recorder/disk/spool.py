# SPDX-License-Identifier: Apache-2.0
"""Hands chunks from the thread that listens to the thread that writes; where the disk is slow, the
oldest go.
"""

from __future__ import annotations

from collections import deque
from threading import Condition

from talus_recorder.format.chunk import ChunkBuffer, Filled
from talus_recorder.happenings.events import Happening


class Spool:
    """A fixed number of buffers, each either empty, being filled, waiting, or being written."""

    def __init__(self, buffers: int, capacity: int):
        """`capacity`: bytes of each."""
        self._empty = [ChunkBuffer(capacity) for _ in range(buffers)]
        self._waiting: deque[Filled] = deque()
        self._is_writing = False
        self._changed = Condition()
        self._is_closed = False
        self.dropped = 0  # messages that the disk was too slow for
        self._orphans: tuple[Happening, ...] = ()  # events of chunks that were dropped

    def take_empty(self) -> ChunkBuffer:
        """A buffer to fill; where all wait, the oldest that waits is given up."""
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
        """Of a buffer that `take_empty` gave."""
        with self._changed:
            events = self._orphans + filled.events
            self._orphans = ()
            self._waiting.append(Filled(filled.buffer, filled.begin, filled.end, events))
            self._changed.notify()

    def oldest(self, timeout: float) -> Filled | None:
        """The oldest that waits, which nobody touches until `done` or `not_done`; None after
        `timeout` s without.
        """
        with self._changed:
            if not self._waiting and not self._is_closed:
                self._changed.wait(timeout)
            self._is_writing = bool(self._waiting)
            return self._waiting[0] if self._waiting else None

    def done(self) -> None:
        """The oldest is on disk."""
        with self._changed:
            self._empty.append(self._waiting.popleft().buffer)
            self._is_writing = False

    def not_done(self) -> None:
        """It is not; it may be given up while one waits for the disk."""
        with self._changed:
            self._is_writing = False

    def close(self) -> None:
        """Nothing more will be put in: `oldest` waits no more."""
        with self._changed:
            self._is_closed = True
            self._changed.notify()
