# SPDX-License-Identifier: Apache-2.0
"""Joins a driver's buses, clock and body sensors to a drive simulator and its simulated time."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable

import numpy as np
from talus_can.bus.seam import Bus, BusError, BusHealth, BusState
from talus_can.bus.unix_socket import UnixSocketBus
from talus_can.frames import FrameBatch
from talus_can.sensors import BodySample

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


class StageSensors:
    """Reads IMU and feet from a stage; see `BodySensors`."""

    def __init__(self, stage: StageClient):
        """Take the stage."""
        self._stage = stage

    def open(self) -> None:
        """Take nothing: the stage is there already."""

    def read(self, now_ns: int) -> BodySample:
        """Return what was sensed in the last period."""
        senses = self._stage.senses
        return BodySample(senses.angular_velocity, senses.linear_acceleration, senses.foot_wrenches)

    def close(self) -> None:
        """Let go of nothing."""


class PairedBus(UnixSocketBus):
    """Is one end of a pair of sockets that was there before it."""

    def __init__(self, name: str, wire: Callable[[], socket.socket]):
        """Take the name, and what returns another handle of the socket at each call."""
        super().__init__(name, path="")
        self._handle = wire

    def open(self) -> None:
        """Take the socket; what lies in it from before is no news. Raises BusError."""
        self.close()
        self.use(self._handle())
        with contextlib.suppress(BusError):
            self.receive()


class StageBus:
    """Is a bus to the simulator on which waiting lets control periods pass; see `Bus`."""

    def __init__(self, bus: Bus, stage: StageClient):
        """Take the bus that carries the frames, and what lets time pass."""
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

    @property
    def state(self) -> BusState:
        """Return the state of the host's controller."""
        return self._bus.state

    def send(self, packed: np.ndarray) -> None:
        """Hand frames over. Raises BusError."""
        self._bus.send(packed)

    def receive(self) -> bytes:
        """Return the frames that have come. Raises BusError."""
        return self._bus.receive()

    def note_errors(self, frames: FrameBatch) -> None:
        """Take in error frames."""
        self._bus.note_errors(frames)

    def note_malformed(self) -> None:
        """Take in that what came were no frames."""
        self._bus.note_malformed()

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
        self._stage.restart_bus(self.name)
        self._bus.restart()

    def close(self) -> None:
        """Let go of the wire. Idempotent."""
        self._bus.close()
