# SPDX-License-Identifier: Apache-2.0
"""The listener's side of the recorder: puts messages into chunks and counts those that never
came.
"""

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
    """Readings of one instant: the steady and the wall clock, ns."""

    steady: int
    wall: int


class LogTime:
    """The steady clock, begun at the wall clock's time of the start: a jump of the wall clock moves
    no message.
    """

    def __init__(self, start: Clocks):
        self._offset = start.wall - start.steady
        self._now = start.wall
        self._since = start.wall
        self._from_wall = 0

    @property
    def now(self) -> int:
        """Of the batch that is being taken, ns."""
        return self._now

    def begin_batch(self, clocks: Clocks) -> None:
        """Before messages are taken."""
        self._since = self._now
        self._now = clocks.steady + self._offset
        self._from_wall = self._now - clocks.wall

    def of(self, wall: int) -> int:
        """Of a message that came at `wall`, ns, since the last batch: never outside of that
        time.
        """
        return min(max(wall + self._from_wall, self._since), self._now)

    def of_steady(self, steady: np.ndarray) -> np.ndarray:
        """Of times (n,) of the steady clock of this machine, ns."""
        return np.minimum(steady + self._offset, self._now)


class Intake:
    """Used from one thread."""

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
        """A message as it came; times in ns."""
        if not self._buffer.add(channel, data, log_time, publish_time, sequence & 0xFFFFFFFF):
            if self._buffer.count:
                self._hand_over()
            if not self._buffer.add(channel, data, log_time, publish_time, sequence & 0xFFFFFFFF):
                self.too_large += 1
                return
        self.messages += 1

    def add_block(self, channel: int, data: np.ndarray, times: np.ndarray) -> None:
        """Messages of one length, (n, length) bytes, that came and were sent at times (n,), ns."""
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
        """Messages that never came or were too large."""
        return self.missed + self.too_large

    def hear(self, event: Happening) -> None:
        """Something happened in this chunk."""
        self._events.append(event)

    def end_batch(self, steady: int, now: float) -> None:
        """Hand over the chunk if it is old enough. `steady`: ns; `now`: of the timeline, s."""
        self._now = now
        if self._begun is None:
            self._begun = steady
            self._begin = now
        if steady - self._begun >= self._chunk_ns or self._events:
            self.flush()
            self._begun = steady
            self._begin = now

    def flush(self) -> None:
        """Hand over what there is."""
        if self._buffer.count or self._events:
            self._hand_over()

    def _hand_over(self) -> None:
        self._spool.put(Filled(self._buffer, self._begin, self._now, tuple(self._events)))
        self._events.clear()
        self._begin = self._now
        self._buffer = self._spool.take_empty()
