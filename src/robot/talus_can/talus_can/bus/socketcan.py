# SPDX-License-Identifier: Apache-2.0
"""Carries frames over Linux's own CAN sockets, classic and FD, without any library between."""

from __future__ import annotations

import errno
import os
import select
import socket
import struct
from collections.abc import Callable

import numpy as np

from talus_can.bus.link_state import LinkState, read_link
from talus_can.bus.seam import BusError, BusState
from talus_can.bus.wire_bus import WireBus
from talus_can.frames import CLASSIC_SIZE, FLEXIBLE_SIZE
from talus_can.load import BitRates

# Frames: torque comes on with two for each drive at once, and 20 drives are more than a bus bears;
# Linux's own 10 are too few.
LEAST_QUEUE = 64
_FLAGS_PLACE = 5  # of `struct canfd_frame`; in the shorter layout it is padding
_FLAG_FLEXIBLE = 0x04
# linux/can.h and linux/can/raw.h; Python's socket module has them on Linux alone.
_PF_CAN = 29
_CAN_RAW = 1
_SOL_CAN_RAW = 101
_ERROR_FILTER = 2
_FD_FRAMES = 5
_ALL_ERRORS = 0x1FFF_FFFF
_ROOM_BYTES = 1 << 20  # of the socket's queue: half a second of a bus of 5 Mbit/s
MakeSocket = Callable[[int, int, int], socket.socket]


class SocketCanBus(WireBus[socket.socket]):
    """Is one CAN interface of this computer; see `Bus`.

    Its controller is restarted by the kernel (`restart-ms`): `restart` opens the socket again.
    """

    def __init__(
        self,
        name: str,
        interface: str,
        rates: BitRates,
        is_flexible: bool,
        make_socket: MakeSocket = socket.socket,
        link: Callable[[str], LinkState | None] = read_link,
    ):
        """Take name of the bus, its interface and what the interface must be set to.

        `make_socket` and `link` stand for the system's own, for tests.
        """
        super().__init__(name)
        self._interface = interface
        self._rates = rates
        self._is_flexible = is_flexible
        self._make_socket = make_socket
        self._link = link

    def open(self) -> None:
        """Take the interface. Raises BusError with the command that would mend it."""
        self.close()
        self._check_link()
        wire = self._made()
        try:
            wire.setsockopt(_SOL_CAN_RAW, _ERROR_FILTER, struct.pack("=I", _ALL_ERRORS))
            if self._is_flexible:
                wire.setsockopt(_SOL_CAN_RAW, _FD_FRAMES, 1)
            wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _ROOM_BYTES)
            wire.bind((self._interface,))
            wire.setblocking(False)
        except OSError as error:
            wire.close()
            raise BusError(f"bus {self._name}: {self._why(error)}") from error
        self._take(wire)

    def send(self, packed: np.ndarray) -> None:
        """Hand frames over one by one. Raises BusError where the queue is full or it is down."""
        wire = self._opened()
        is_flexible = packed[:, _FLAGS_PLACE] & _FLAG_FLEXIBLE != 0
        for done, (row, is_long) in enumerate(zip(packed, is_flexible.tolist(), strict=True)):
            try:
                # The beginning of the longer layout is the shorter one.
                wire.send(row.data if is_long else row[:CLASSIC_SIZE].data)
            except OSError as error:
                self._sent += done
                self._lost += len(packed) - done
                raise self._failed("send", error) from error
        self._sent += len(packed)

    def receive(self) -> bytes:
        """Return all frames that have come. Raises BusError where it is down."""
        wire = self._opened()
        packets: list[bytes] = []
        try:
            while packet := wire.recv(FLEXIBLE_SIZE):
                packets.append(_widened(packet))
        except BlockingIOError:
            pass
        except OSError as error:
            raise self._failed("receive", error) from error
        self._received += len(packets)
        return b"".join(packets)

    def wait(self, timeout: float) -> bool:
        """Sleep until a frame comes, s at most."""
        return bool(select.select([self._opened()], [], [], timeout)[0])

    def _let_go(self, wire: socket.socket) -> None:
        wire.close()

    def _made(self) -> socket.socket:
        try:
            return self._make_socket(_PF_CAN, socket.SOCK_RAW, _CAN_RAW)
        except PermissionError as error:
            raise BusError(
                f"bus {self._name}: no permission for CAN sockets; run as a user with CAP_NET_RAW"
            ) from error
        except OSError as error:
            raise BusError(
                f"bus {self._name}: this kernel has no CAN ({error.strerror}); "
                "load its modules: modprobe can_raw"
            ) from error

    def _check_link(self) -> None:
        link = self._link(self._interface)
        where = f"bus {self._name}: interface '{self._interface}'"
        if link is None:
            raise BusError(f"{where} does not exist; `ip link` lists those that do")
        if not link.is_can:
            raise BusError(f"{where} is no CAN interface; `ip -details link` tells which are")
        if link.mtu < FLEXIBLE_SIZE and self._is_flexible:
            raise BusError(f"{where} speaks classic CAN alone; {self._remedy}")
        if not link.is_up:
            raise BusError(f"{where} is down; {self._remedy}")
        if link.queue is not None and link.queue < LEAST_QUEUE:
            raise BusError(
                f"{where} has a queue of {link.queue} frames; {LEAST_QUEUE} would do: "
                f"ip link set {self._interface} txqueuelen {LEAST_QUEUE}"
            )
        for kind, told, wanted in (
            ("bit rate", link.bit_rate, self._rates.nominal),
            ("data bit rate", link.data_rate, self._rates.data if self._is_flexible else None),
        ):
            if told is not None and wanted is not None and told != wanted:
                raise BusError(
                    f"{where} has a {kind} of {told:g} bit/s, configured is {wanted:g}; "
                    f"{self._remedy}"
                )

    @property
    def _remedy(self) -> str:
        """Return the commands that set the interface as it is configured."""
        data = f" dbitrate {self._rates.data:.0f} fd on" if self._is_flexible else ""
        return (
            f"this would do: ip link set {self._interface} down; ip link set {self._interface} "
            f"up txqueuelen {LEAST_QUEUE} type can bitrate {self._rates.nominal:.0f}{data} "
            "restart-ms 10"
        )

    def _why(self, error: OSError) -> str:
        if error.errno == errno.ENODEV:
            return f"interface '{self._interface}' does not exist; `ip link` lists those that do"
        if error.errno == errno.ENETDOWN:
            return f"interface '{self._interface}' is down; {self._remedy}"
        return f"interface '{self._interface}': {error.strerror or error}"

    def _failed(self, verb: str, error: OSError) -> BusError:
        if error.errno in (errno.ENETDOWN, errno.ENODEV, errno.ENXIO):
            self._state = BusState.OFF
        return BusError(f"bus {self._name}: cannot {verb}: {self._why(error)}")


def _widened(packet: bytes) -> bytes:
    """Return a frame in the longer layout, in which a flag tells FD; kernels before 5.14 do not."""
    if len(packet) < FLEXIBLE_SIZE:
        return packet.ljust(FLEXIBLE_SIZE, b"\0")
    flags = packet[_FLAGS_PLACE] | _FLAG_FLEXIBLE
    return packet[:_FLAGS_PLACE] + bytes((flags,)) + packet[_FLAGS_PLACE + 1 :]


def kernel_has_can() -> bool:
    """Return whether this kernel gives CAN sockets at all."""
    try:
        os.close(socket.socket(_PF_CAN, socket.SOCK_RAW, _CAN_RAW).detach())
    except OSError:
        return False
    return True
