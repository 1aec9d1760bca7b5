# SPDX-License-Identifier: Apache-2.0
"""Defines what a bus is to the driver: frames out, frames in, and how the wire is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import Protocol

import numpy as np
from talus_core.driver import DriverError

from talus_can.frames import FrameBatch


class BusError(DriverError):
    """Says which bus cannot be opened, written or read, and what would work."""


class BusState(Enum):
    """Names the states of a CAN controller (ISO 11898-1)."""

    ACTIVE = auto()
    PASSIVE = auto()  # many errors: it no longer signals them
    OFF = auto()  # too many: it takes no part until it is restarted


@dataclass(frozen=True)
class BusHealth:
    """Says how a bus is.

    Attributes:
        state: State of this computer's controller.
        sent: Frames handed to it so far.
        received: Frames that came from it so far.
        lost: Frames that it had no room for, either way.
        errors: Error frames that it reported.
        restarts: How often it was restarted after `OFF`.
    """

    state: BusState
    sent: int = 0
    received: int = 0
    lost: int = 0
    errors: int = 0
    restarts: int = 0


class BusClock(Protocol):
    """Tells the time that replies are aged by; never jumps."""

    @property
    def now_ns(self) -> int:
        """Return the time since some start, ns."""


class Bus(Protocol):
    """Carries the frames of one wire; used by one thread at a time."""

    @property
    def name(self) -> str:
        """Return its name for messages, such as `can0`."""

    def open(self) -> None:
        """Take the wire. Raises BusError: absent, down, another bit rate, no permission."""

    def send(self, packed: np.ndarray) -> None:
        """Hand frames over in their order, without waiting for the wire: (m, 72) bytes, uint8.

        Each row is a frame as `pack_mixed` packs it. Raises BusError where the queue is full or the
        controller is off; what was not sent is lost.
        """

    def receive(self) -> bytes:
        """Return all frames that have come since the last call, without waiting, packed likewise.

        Those of errors are among them. Raises BusError where the wire is gone.
        """

    def note_errors(self, frames: FrameBatch) -> None:
        """Take in the error frames among those that it gave: they say how its controller is."""

    def note_malformed(self) -> None:
        """Take in that what it gave were no frames."""

    def wait(self, timeout: float) -> bool:
        """Sleep until a frame comes, s at most; return whether there is one."""

    def restart(self) -> None:
        """Bring a controller that is `OFF` back. Raises BusError where it does not come back."""

    @property
    def state(self) -> BusState:
        """Return the state of the controller, as far as this kind of wire tells."""

    @property
    def health(self) -> BusHealth:
        """Return how the bus is, as far as this kind of wire tells."""

    def close(self) -> None:
        """Let go of the wire; may be called twice, and never raises."""
