# SPDX-License-Identifier: Apache-2.0
"""Imitates a CAN controller: a queue of frames to send, and counted errors that end in bus-off."""

from __future__ import annotations

from collections import deque
from enum import Enum, auto

from talus_drive_simulator.wires.frame import WireFrame
from talus_drive_simulator.wires.frame_bits import arbitration_key

# ISO 11898-1, fault confinement.
_ERRORS_OF_A_FAILURE = 8
_PASSIVE_ERRORS = 128
_OFF_ERRORS = 256
RECOVERY_BITS = 128 * 11  # recessive ones, before a controller that was off takes part again


class ControllerState(Enum):
    """Names how far a controller takes part."""

    ACTIVE = auto()
    PASSIVE = auto()
    OFF = auto()


class Controller:
    """Queues the frames of one node and counts the errors of its sending.

    Attributes:
        queue: (when it is ready, its arbitration key, frame), in the order of sending.
        lost: Frames for which there was no room, or that came while it was off.
        errors: Its transmit error counter.
        back_at: When it takes part again, s; None while it does, and infinity until it is told to.
    """

    def __init__(self, room: int, restarts_itself: bool):
        """Take how many frames it holds, and whether it comes back by itself after bus-off."""
        self.queue: deque[tuple[float, int, WireFrame]] = deque()
        self.lost = 0
        self.errors = 0
        self.back_at: float | None = None
        self._room = room
        self._restarts_itself = restarts_itself

    @property
    def state(self) -> ControllerState:
        """Return how far it takes part."""
        if self.back_at is not None:
            return ControllerState.OFF
        is_passive = self.errors >= _PASSIVE_ERRORS
        return ControllerState.PASSIVE if is_passive else ControllerState.ACTIVE

    def put(self, frame: WireFrame, ready: float) -> bool:
        """Queue a frame; return whether there was room."""
        if len(self.queue) >= self._room or self.back_at is not None:
            self.lost += 1
            return False
        self.queue.append((ready, arbitration_key(frame), frame))
        return True

    def has_sent(self) -> None:
        """Take the frame that was sent out of the queue."""
        self.queue.popleft()
        self.errors = max(0, self.errors - 1)

    def has_failed(self, now: float, bit_seconds: float) -> None:
        """Count an error frame during its own; too many, and it goes off."""
        if self.back_at is not None:
            return  # it went off meanwhile
        self.errors += _ERRORS_OF_A_FAILURE
        if self.errors >= _OFF_ERRORS:
            self.go_off(now, bit_seconds)

    def go_off(self, now: float, bit_seconds: float) -> None:
        """Drop what is queued and take no part."""
        self.lost += len(self.queue)
        self.queue.clear()
        self.errors = _OFF_ERRORS
        self.back_at = float("inf")
        if self._restarts_itself:
            self.restart(now, bit_seconds)

    def restart(self, now: float, bit_seconds: float) -> None:
        """Begin to count the recessive bits after which it takes part again, if it is off."""
        if self.back_at is not None:
            self.back_at = min(self.back_at, now + RECOVERY_BITS * bit_seconds)

    def come_back(self, now: float) -> bool:
        """Take part again if it is time; return whether it does so just now."""
        if self.back_at is None or now < self.back_at:
            return False
        self.back_at = None
        self.errors = 0
        return True

    def clear(self) -> None:
        """Forget queue and errors, as after power-on; counts stay."""
        self.queue.clear()
        self.errors = 0
        self.back_at = None
