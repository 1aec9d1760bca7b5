# SPDX-License-Identifier: Apache-2.0
"""Holds all buses of a robot: spreads frames over them, and brings back those that went off."""

from __future__ import annotations

from collections.abc import Sequence

from talus_can.bus.seam import Bus, BusClock, BusError, BusHealth, BusState
from talus_can.frames import FrameBatch, joined

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
        """Hand frames over to their buses."""
        for number, part in enumerate(frames.by_bus(len(self._buses)) if len(frames) else ()):
            if len(part):
                bus = self._buses[number]
                try:
                    bus.send(part)
                    self._note_active(number, bus)
                except BusError as error:
                    self.troubles[number] = str(error)

    def receive(self) -> FrameBatch:
        """Return all frames that have come on all buses."""
        batches = []
        for number, bus in enumerate(self._buses):
            try:
                batches.append(bus.receive())
            except BusError as error:
                self.troubles[number] = str(error)
        return joined(batches)

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
            if bus.health.state is not BusState.OFF:
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

    def _note_active(self, number: int, bus: Bus) -> None:
        if bus.health.state is not BusState.OFF:
            self.troubles.pop(number, None)

    def _forgive(self, number: int, now_ns: int) -> None:
        if now_ns - self._tried_ns[number] >= _RECOVERED_AFTER_NS:
            self._tried[number] = 0
