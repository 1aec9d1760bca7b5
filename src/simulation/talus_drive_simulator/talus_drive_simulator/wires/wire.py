# SPDX-License-Identifier: Apache-2.0
"""Simulates one wire in bit time: which node sends when, what is destroyed, and what is lost."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from talus_can.frames import ERROR_FRAME
from talus_can.load import BitRates

from talus_drive_simulator.wires.controller import Controller, ControllerState
from talus_drive_simulator.wires.frame import WireFrame
from talus_drive_simulator.wires.frame_bits import exact_bits

HOST = 0  # number of the node that is the computer
_ERROR_BITS = 6 + 6 + 8 + 3  # flag, its echo, delimiter, space: the longest of one error
# Linux's error frames (linux/can/error.h): class in the identifier, detail in the payload.
_OFF_CLASS = 0x40
_CONTROLLER_CLASS = 0x04
_DESTROYED_CLASS = 0x80 | 0x08
_RESTARTED_CLASS = 0x100
_PASSIVE_DETAIL = 0x20
_ACTIVE_DETAIL = 0x40
_ERROR_PAYLOAD_BYTES = 8
_NO_KEY = 1 << 32  # above every arbitration key


@dataclass(slots=True)
class WireFaults:
    """Says what is wrong with a wire.

    Attributes:
        loss: Share of frames that go over the wire but reach nobody, as in an overrun adapter.
        noise: Share of frames that an error frame ends; they are sent again.
        delay: Time by which every frame is ready later, s.
        is_cut: Whether nothing gets through at all.
    """

    loss: float = 0.0
    noise: float = 0.0
    delay: float = 0.0
    is_cut: bool = False


@dataclass(slots=True)
class WireCounts:
    """Counts what happened on a wire.

    Attributes:
        frames: Frames that were sent to their end.
        busy_s: Time in which the wire was not free, s.
        destroyed: Error frames.
        lost: Frames that were sent and reached nobody.
    """

    frames: int = 0
    busy_s: float = 0.0
    destroyed: int = 0
    lost: int = 0


class _Flight(NamedTuple):
    senders: list[int]
    frame: WireFrame
    begin: float
    end: float
    is_whole: bool


class Wire:
    """Moves frames between the host, node 0, and the drives, nodes 1 and above.

    Attributes:
        rates: Bit rates.
        nodes: The controllers.
        faults: What is wrong with it.
        counts: What happened so far.
        reports: Error frames for the host, which its controller makes and no wire carries.
    """

    def __init__(self, rates: BitRates, nodes: list[Controller], seed: int, restart_s: float = 0.0):
        """Take the controllers; `restart_s`: after which the host's comes back, 0: when told."""
        self.rates = rates
        self.nodes = nodes
        self.faults = WireFaults()
        self.counts = WireCounts()
        self.reports: list[WireFrame] = []
        self._random = random.Random(seed)
        self._bit_seconds = 1.0 / rates.nominal
        self._restart_s = restart_s
        self._free_at = 0.0
        self._now = 0.0
        self._flight: _Flight | None = None
        self._host_state = ControllerState.ACTIVE

    def put(self, node: int, frame: WireFrame, ready: float) -> bool:
        """Queue a frame that a node can send from `ready` on, s; return whether there was room."""
        return self.nodes[node].put(frame, ready + self.faults.delay)

    def run(self, until: float, deliver: Callable[[int, WireFrame, float], None]) -> None:
        """Let time pass to `until`, s.

        `deliver(sender, frame, now)` is called at the end of each frame, and may put further ones.
        """
        while True:
            flight = self._flight or self._start(until)
            if flight is None or flight.end > until:
                self._flight = flight
                self._come_back(until)
                self._now = until
                return
            self._flight = None
            self._finish(flight, deliver)

    def restart_host(self, now: float) -> None:
        """Bring the host's controller back after bus-off, as `ip link set can0 restart` does."""
        self.nodes[HOST].restart(now, self._bit_seconds)

    def drive_host_off(self, now: float) -> None:
        """Put the host's controller into bus-off."""
        self.nodes[HOST].go_off(now, self._bit_seconds)
        self._tell_host(now)

    def clear(self) -> None:
        """Forget faults, queues and what is on the wire; time and counts go on."""
        self.faults = WireFaults()
        self._flight = None
        self.reports.clear()
        for node in self.nodes:
            node.clear()
        self._host_state = ControllerState.ACTIVE

    def _start(self, until: float) -> _Flight | None:
        """Return the next frame that begins before `until`."""
        if self.faults.is_cut:
            return None
        first = min(
            (node.queue[0][0] for node in self.nodes if node.queue and node.back_at is None),
            default=until,
        )
        begin = max(self._free_at, self._now, first)
        if begin >= until:
            return None
        best = _NO_KEY
        winners: list[int] = []
        for number, node in enumerate(self.nodes):
            if not node.queue or node.back_at is not None:
                continue
            ready, key, _ = node.queue[0]
            if ready > begin or key > best:
                continue
            winners = [*winners, number] if key == best else [number]
            best = key
        frame = self.nodes[winners[0]].queue[0][2]
        seconds = exact_bits(frame).seconds(self.rates)
        # Two that send with one identifier destroy each other, unless all of it is the same.
        is_whole = all(self.nodes[number].queue[0][2] == frame for number in winners[1:])
        noise = self.faults.noise
        if noise and self._random.random() < noise:
            is_whole = False
        if not is_whole:
            seconds = self._random.random() * seconds + _ERROR_BITS * self._bit_seconds
        return _Flight(winners, frame, begin, begin + seconds, is_whole)

    def _finish(self, flight: _Flight, deliver: Callable[[int, WireFrame, float], None]) -> None:
        counts = self.counts
        counts.busy_s += flight.end - flight.begin
        self._free_at = flight.end
        self._come_back(flight.end)
        if not flight.is_whole:
            counts.destroyed += 1
            for number in flight.senders:
                self.nodes[number].has_failed(flight.end, self._bit_seconds)
            self._report(_DESTROYED_CLASS)
            self._tell_host(flight.end)
            return
        counts.frames += 1
        for number in flight.senders:
            if self.nodes[number].queue:
                self.nodes[number].has_sent()
        self._tell_host(flight.end)
        loss = self.faults.loss
        if loss and self._random.random() < loss:
            counts.lost += 1
            return
        deliver(flight.senders[0], flight.frame, flight.end)

    def _come_back(self, now: float) -> None:
        for node in self.nodes:
            if node.back_at is not None and node.come_back(now):
                self._tell_host(now)

    def _tell_host(self, now: float) -> None:
        """Report a new state of the host's controller, as Linux does."""
        host = self.nodes[HOST]
        before = self._host_state
        state = host.state
        if state is before:
            return
        self._host_state = state
        if state is ControllerState.OFF:
            self._report(_OFF_CLASS)
            if self._restart_s:
                host.restart(now + self._restart_s, self._bit_seconds)
        elif before is ControllerState.OFF:
            self._report(_RESTARTED_CLASS)
        else:
            is_passive = state is ControllerState.PASSIVE
            self._report(_CONTROLLER_CLASS, _PASSIVE_DETAIL if is_passive else _ACTIVE_DETAIL)

    def _report(self, kind: int, detail: int = 0) -> None:
        data = bytearray(_ERROR_PAYLOAD_BYTES)
        data[1] = detail
        data[6] = min(self.nodes[HOST].errors, 255)
        self.reports.append(WireFrame(kind, ERROR_FRAME, bytes(data)))
