# SPDX-License-Identifier: Apache-2.0
"""Holds what all kinds of bus have: a name, counts, and a wire that is open or not."""

from __future__ import annotations

import contextlib
from abc import ABC, abstractmethod
from dataclasses import replace
from typing import Generic, TypeVar

from talus_can.bus.seam import BusError, BusHealth, BusState

WireT = TypeVar("WireT")


class WireBus(ABC, Generic[WireT]):
    """Is a bus on one wire, which `open` of a kind takes; see `Bus`."""

    def __init__(self, name: str, number: int):
        """Take the bus's name, and the number that its frames bear."""
        self._name = name
        self._number = number
        self._wire: WireT | None = None
        self._health = BusHealth(BusState.ACTIVE)

    @property
    def name(self) -> str:
        """Return the bus's name."""
        return self._name

    @property
    def health(self) -> BusHealth:
        """Return counts and state, as far as this kind of wire tells."""
        return self._health

    @abstractmethod
    def open(self) -> None:
        """Take the wire. Raises BusError."""

    @abstractmethod
    def _let_go(self, wire: WireT) -> None:
        """Close a wire; what it raises is of no use to anybody."""

    def restart(self) -> None:
        """Take the wire anew. Raises BusError."""
        self._health = replace(self._health, restarts=self._health.restarts + 1)
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
        self._health = BusHealth(BusState.ACTIVE, restarts=self._health.restarts)

    def _opened(self) -> WireT:
        if self._wire is None:
            raise BusError(f"bus {self._name} is not open")
        return self._wire
