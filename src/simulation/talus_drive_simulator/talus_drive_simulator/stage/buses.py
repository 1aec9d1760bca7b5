# SPDX-License-Identifier: Apache-2.0
"""Lets a driver that waits for frames wait in simulated time."""

from __future__ import annotations

from talus_can.bus.seam import Bus, BusHealth
from talus_can.frames import FrameBatch

from talus_drive_simulator.stage.client import StageClient

_NS_PER_S = 1e9


class StageClock:
    """Tells the simulated time of a stage, in the place of a computer's clock."""

    def __init__(self, stage: StageClient):
        """Take the stage."""
        self._stage = stage

    @property
    def now_ns(self) -> int:
        """Return the simulated time since the start, ns."""
        return round(self._stage.time * _NS_PER_S)


class StageBus:
    """Is a bus to the simulator on which waiting lets control periods pass; see `Bus`."""

    def __init__(self, bus: Bus, stage: StageClient):
        """Take the bus that carries the frames, and who lets time pass."""
        self._bus = bus
        self._stage = stage

    @property
    def name(self) -> str:
        """Return its name for messages."""
        return self._bus.name

    @property
    def health(self) -> BusHealth:
        """Return how the bus is."""
        return self._bus.health

    def open(self) -> None:
        """Take the wire. Raises BusError."""
        self._bus.open()

    def send(self, frames: FrameBatch) -> None:
        """Hand frames over. Raises BusError."""
        self._bus.send(frames)

    def receive(self) -> FrameBatch:
        """Return the frames that have come. Raises BusError."""
        return self._bus.receive()

    def wait(self, timeout: float) -> bool:
        """Let periods pass until a frame comes, s at most but one of them; return whether one did.

        Raises BusError, and DriverError where the simulator is gone.
        """
        end = self._stage.time + timeout
        while not self._bus.wait(0.0):
            self._stage.advance()
            if self._stage.time >= end:
                return self._bus.wait(0.0)
        return True

    def restart(self) -> None:
        """Bring the host's controller back. Raises BusError."""
        self._bus.restart()

    def close(self) -> None:
        """Let go of the wire. Idempotent."""
        self._bus.close()
