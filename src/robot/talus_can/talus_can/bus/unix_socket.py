# SPDX-License-Identifier: Apache-2.0
"""Carries frames over a UNIX socket, to drives that are simulated by another process.

Each packet of the SEQPACKET socket is a whole number of `struct canfd_frame`; a classic frame is
one without the flag of FD.
"""

from __future__ import annotations

import select
import socket

import numpy as np

from talus_can.bus.seam import BusError, BusState
from talus_can.bus.wire_bus import WireBus
from talus_can.frames import FLEXIBLE_SIZE

# Frames of 72 bytes in one packet: what twenty drives of a bus and their host send in a tick.
MOST_FRAMES_A_PACKET = 64
_ROOM_BYTES = 72 * 1024  # of a packet that is read: whatever the other side put together


class UnixSocketBus(WireBus[socket.socket]):
    """Is the client's end of a simulated wire; see `Bus`.

    A wire without anybody at its other end is off.
    """

    def __init__(self, name: str, path: str):
        """Take the bus's name, and the path at which the simulator listens."""
        super().__init__(name)
        self._path = path

    def open(self) -> None:
        """Connect to the simulator. Raises BusError where nobody listens."""
        self.close()
        wire = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            wire.connect(self._path)
        except OSError as error:
            wire.close()
            raise BusError(
                f"bus {self._name}: nobody listens at '{self._path}' ({error.strerror or error}); "
                "start the simulator of the drives first"
            ) from error
        self.use(wire)

    def use(self, wire: socket.socket) -> None:
        """Take a socket that is connected already."""
        wire.setblocking(False)
        self._take(wire)

    def send(self, packed: np.ndarray) -> None:
        """Hand frames over. Raises BusError where there is no room, or nobody at the other end."""
        wire = self._opened()
        count = len(packed)
        for start in range(0, count, MOST_FRAMES_A_PACKET):
            part = packed[start : start + MOST_FRAMES_A_PACKET]
            try:
                wire.send(part.data)
            except OSError as error:
                self._lost += count - start
                raise self._failed("send", error) from error
            self._sent += len(part)

    def receive(self) -> bytes:
        """Return all frames that have come. Raises BusError where the other end is gone."""
        wire = self._opened()
        packets = []
        while (packet := self._packet(wire)) is not None:
            if len(packet) % FLEXIBLE_SIZE:
                self.note_malformed()
            else:
                packets.append(packet)
        received = b"".join(packets)
        self._received += len(received) // FLEXIBLE_SIZE
        return received

    def wait(self, timeout: float) -> bool:
        """Sleep until a frame comes, s at most."""
        return bool(select.select([self._opened()], [], [], timeout)[0])

    def _let_go(self, wire: socket.socket) -> None:
        wire.close()

    def _packet(self, wire: socket.socket) -> bytes | None:
        """Return the next packet; None where none is there."""
        try:
            packet = wire.recv(_ROOM_BYTES)
        except BlockingIOError:
            return None
        except OSError as error:
            raise self._failed("receive", error) from error
        if not packet:
            raise self._failed("receive", ConnectionResetError("the other end is closed"))
        return packet

    def _failed(self, verb: str, error: OSError) -> BusError:
        if not isinstance(error, BlockingIOError):
            self._state = BusState.OFF
        return BusError(f"bus {self._name}: cannot {verb}: {error.strerror or error}")
