# SPDX-License-Identifier: Apache-2.0
"""Puts messages into chunks and counts those that never came."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np
from talus_core.physics import NANOSECONDS_PER_SECOND

from talus_recorder.disk.spool import Spool
from talus_recorder.format.chunk import Filled
from talus_recorder.happenings.events import Happening


@dataclass(frozen=True)
class Clocks:
    """Hold readings of one instant: the steady and the wall clock, ns."""

    steady: int
    wall: int


class LogTime:
    """Converts to log time: the steady clock, begun at the wall clock's time of the start.

    A jump of the wall clock moves no message.
    """

    def __init__(self, start: Clocks):
        self._offset = start.wall - start.steady
        self._now = start.wall
        self._since = start.wall
        self._from_wall = 0

    @property
    def now(self) -> int:
        """Return the log time of the batch that is being taken, ns."""
        return self._now

    def begin_batch(self, clocks: Clocks) -> None:
        """Begin a batch, before its messages are taken."""
        self._since = self._now
        self._now = clocks.steady + self._offset
        self._from_wall = self._now - clocks.wall

    def of(self, wall: int) -> int:
        """Return the log time of a message that came at `wall`, ns, never outside of this batch."""
        return min(max(wall + self._from_wall, self._since), self._now)

    def of_steady(self, steady: np.ndarray) -> np.ndarray:
        """Return the log times of times (n,) of this machine's steady clock, ns."""
        return np.minimum(steady + self._offset, self._now)


class Intake:
    """Puts messages into chunks; used from one thread."""

    def __init__(self, spool: Spool, chunk_s: float):
        self._spool = spool
        self._chunk_ns = round(chunk_s * NANOSECONDS_PER_SECOND)
        self._buffer = spool.take_empty()
        self._begun: int | None = None  # steady clock, ns
        self._begin = self._now = 0.0  # timeline, s
        self._events: list[Happening] = []
        self._sequences: dict[Hashable, int] = {}
        self.messages = 0
        self.missed = 0  # by the numbers that publishers gave them
        self.too_large = 0

    def add(
        self, channel: int, data: bytes, log_time: int, publish_time: int, sequence: int
    ) -> None:
        """Add a message as it came; times in ns."""
        if not self._buffer.add(channel, data, log_time, publish_time, sequence & 0xFFFFFFFF):
            if self._buffer.count:
                self._hand_over()
            if not self._buffer.add(channel, data, log_time, publish_time, sequence & 0xFFFFFFFF):
                self.too_large += 1
                return
        self.messages += 1

    def add_block(self, channel: int, data: np.ndarray, times: np.ndarray) -> None:
        """Add messages (n, length) bytes of one length, that came and were sent at (n,) ns."""
        while len(data):
            taken = self._buffer.add_block(channel, data, times)
            self.messages += taken
            data = data[taken:]
            times = times[taken:]
            if not taken and not self._buffer.count:
                self.too_large += len(data)
                return
            if len(data):
                self._hand_over()

    def see_sequence(self, publisher: Hashable, sequence: int) -> None:
        """Count what is missing between this message of a publisher and the one before."""
        missing = sequence - self._sequences.get(publisher, sequence - 1) - 1
        self._sequences[publisher] = sequence
        if missing > 0:
            self.missed += missing

    @property
    def lost(self) -> int:
        """Count messages that never came or were too large."""
        return self.missed + self.too_large

    def hear(self, event: Happening) -> None:
        """Add an event to this chunk."""
        self._events.append(event)

    def end_batch(self, steady: int, now: float) -> None:
        """Hand over the chunk if it is old enough; `steady` in ns, `now` of the timeline in s."""
        self._now = now
        if self._begun is None:
            self._begun = steady
            self._begin = now
        if steady - self._begun >= self._chunk_ns or self._events:
            self.flush()
            self._begun = steady
            self._begin = now

    def flush(self) -> None:
        """Hand over what there is, however new it is."""
        if self._buffer.count or self._events:
            self._hand_over()

    def _hand_over(self) -> None:
        self._spool.put(Filled(self._buffer, self._begin, self._now, tuple(self._events)))
        self._events.clear()
        self._begin = self._now
        self._buffer = self._spool.take_empty()
