# SPDX-License-Identifier: Apache-2.0
"""Holds all buses of a robot: spreads frames over them, and brings back those that went off."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from talus_can.bus.seam import Bus, BusClock, BusError, BusHealth, BusState
from talus_can.frames import (
    ERROR_FRAME,
    FLEXIBLE_SIZE,
    FrameBatch,
    FrameError,
    joined,
    no_frames,
    pack_mixed,
    unpack_mixed,
)

# Between two restarts: a controller needs 128 times 11 recessive bits, 1.4 ms at 1 Mbit/s.
_RESTART_EVERY_NS = 10_000_000
# A bus that was active for so long has recovered, and may be restarted as often again.
_RECOVERED_AFTER_NS = 10_000_000_000


class Wires:
    """Is the buses by their numbers; after `open`, no fault of a bus raises: `troubles` tells it.

    Attributes:
        troubles: What is wrong with each bus now, by its number; without an entry, nothing is.
    """

    def __init__(self, buses: Sequence[Bus], clock: BusClock, most_restarts: int):
        """Take the buses in the order of their numbers, and how often each may be restarted."""
        self._buses = tuple(buses)
        self._clock = clock
        self._most = most_restarts
        self._tried = [0] * len(self._buses)
        self._tried_ns = [0] * len(self._buses)
        self.troubles: dict[int, str] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of the buses."""
        return tuple(bus.name for bus in self._buses)

    @property
    def healths(self) -> tuple[BusHealth, ...]:
        """Return how each bus is."""
        return tuple(bus.health for bus in self._buses)

    def open(self) -> None:
        """Take all wires, or none. Raises BusError."""
        self.troubles = {}
        self._tried = [0] * len(self._buses)
        try:
            for bus in self._buses:
                bus.open()
        except BusError:
            self.close()
            raise

    def send(self, frames: FrameBatch) -> None:
        """Hand frames over to their buses, packed all at once. Raises FrameError."""
        if not len(frames):
            return
        packed = pack_mixed(frames)
        if (frames.bus[1:] < frames.bus[:-1]).any():
            order = np.argsort(frames.bus, kind="stable")
            packed = packed[order]
        counts = np.bincount(frames.bus, minlength=len(self._buses))
        start = 0
        for number, count in enumerate(counts.tolist()):
            if count:
                self._send(number, packed[start : start + count])
                start += count

    def receive(self) -> FrameBatch:
        """Return all frames that have come on all buses, but for those of errors."""
        packets = []
        numbers = []
        for number, bus in enumerate(self._buses):
            try:
                packet = bus.receive()
            except BusError as error:
                self.troubles[number] = str(error)
                continue
            if packet:
                packets.append(packet)
                numbers.append(number)
        return self._sound(self._unpacked(packets, numbers)) if packets else no_frames()

    def wait(self, timeout: float) -> None:
        """Sleep until a frame comes on a bus that is well, s at most; on none, do not sleep."""
        for number, bus in enumerate(self._buses):
            if number not in self.troubles:
                try:
                    bus.wait(timeout)
                    return
                except BusError as error:
                    self.troubles[number] = str(error)

    def tend(self) -> None:
        """Restart buses whose controller is off, so often in a row and no more."""
        now = self._clock.now_ns
        for number, bus in enumerate(self._buses):
            if bus.state is not BusState.OFF:
                self._forgive(number, now)
                continue
            self.troubles.setdefault(number, f"bus {bus.name} is off")
            due = now - self._tried_ns[number] >= _RESTART_EVERY_NS
            if self._tried[number] >= self._most or not due:
                continue
            self._tried[number] += 1
            self._tried_ns[number] = now
            try:
                bus.restart()
                self._note_active(number, bus)
            except BusError as error:
                self.troubles[number] = str(error)

    def close(self) -> None:
        """Let go of all wires."""
        for bus in self._buses:
            bus.close()

    def _send(self, number: int, packed: np.ndarray) -> None:
        bus = self._buses[number]
        try:
            bus.send(packed)
            self._note_active(number, bus)
        except BusError as error:
            self.troubles[number] = str(error)

    def _unpacked(self, packets: Sequence[bytes], numbers: Sequence[int]) -> FrameBatch:
        """Return the frames of packets; a packet with what is none is left out."""
        counts = [len(packet) // FLEXIBLE_SIZE for packet in packets]
        try:
            return unpack_mixed(b"".join(packets), np.repeat(numbers, counts))
        except FrameError:
            batches = []
            for packet, number in zip(packets, numbers, strict=True):
                try:
                    batches.append(unpack_mixed(packet, number))
                except FrameError:
                    self._buses[number].note_malformed()
            return joined(batches)

    def _sound(self, frames: FrameBatch) -> FrameBatch:
        """Return frames without error frames, which are told to their buses."""
        is_error = frames.flags & ERROR_FRAME != 0
        if not is_error.any():
            return frames
        for number in np.unique(frames.bus[is_error]).tolist():
            self._buses[number].note_errors(frames.rows(is_error & (frames.bus == number)))
        return frames.rows(~is_error)

    def _note_active(self, number: int, bus: Bus) -> None:
        if bus.state is not BusState.OFF:
            self.troubles.pop(number, None)

    def _forgive(self, number: int, now_ns: int) -> None:
        if now_ns - self._tried_ns[number] >= _RECOVERED_AFTER_NS:
            self._tried[number] = 0
