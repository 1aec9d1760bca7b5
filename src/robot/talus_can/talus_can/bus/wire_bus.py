# SPDX-License-Identifier: Apache-2.0
"""Holds what all kinds of bus have: a name, counts, and a wire that is open or not."""

from __future__ import annotations

import contextlib
from abc import ABC, abstractmethod
from typing import Generic, TypeVar

from talus_can.bus.error_frames import heard_of
from talus_can.bus.seam import BusError, BusHealth, BusState
from talus_can.frames import FrameBatch

WireT = TypeVar("WireT")


class WireBus(ABC, Generic[WireT]):
    """Is a bus on one wire, which `open` of a kind takes; see `Bus`."""

    def __init__(self, name: str):
        """Take the bus's name."""
        self._name = name
        self._wire: WireT | None = None
        self._state = BusState.ACTIVE
        self._sent = 0
        self._received = 0
        self._lost = 0
        self._errors = 0
        self._restarts = 0

    @property
    def name(self) -> str:
        """Return the bus's name."""
        return self._name

    @property
    def state(self) -> BusState:
        """Return the state of its controller, as far as this kind of wire tells."""
        return self._state

    @property
    def health(self) -> BusHealth:
        """Return counts and state, as far as this kind of wire tells."""
        return BusHealth(
            state=self._state,
            sent=self._sent,
            received=self._received,
            lost=self._lost,
            errors=self._errors,
            restarts=self._restarts,
        )

    @abstractmethod
    def open(self) -> None:
        """Take the wire. Raises BusError."""

    @abstractmethod
    def _let_go(self, wire: WireT) -> None:
        """Close a wire; what it raises is of no use to anybody."""

    def note_errors(self, frames: FrameBatch) -> None:
        """Take in the error frames among those that it gave."""
        self._received -= len(frames)
        self._errors += len(frames)
        for can_id, data in zip(frames.can_id, frames.data, strict=True):
            state, has_lost = heard_of(int(can_id), int(data[1]))
            self._state = state or self._state
            self._lost += has_lost

    def note_malformed(self) -> None:
        """Take in that what it gave were no frames."""
        self._errors += 1

    def restart(self) -> None:
        """Take the wire anew. Raises BusError."""
        self._restarts += 1
        self.open()

    def close(self) -> None:
        """Let go of the wire."""
        if self._wire is not None:
            with contextlib.suppress(Exception):  # each adapter's library raises its own
                self._let_go(self._wire)
            self._wire = None

    def _take(self, wire: WireT) -> None:
        """Use a wire that is open; counts begin anew."""
        self._wire = wire
        self._state = BusState.ACTIVE
        self._sent = 0
        self._received = 0
        self._lost = 0
        self._errors = 0

    def _opened(self) -> WireT:
        if self._wire is None:
            raise BusError(f"bus {self._name} is not open")
        return self._wire
