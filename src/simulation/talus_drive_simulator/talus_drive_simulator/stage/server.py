# SPDX-License-Identifier: Apache-2.0
"""Listens on UNIX sockets: one for each bus, and one for simulated time.

A packet of a bus is a whole number of `struct canfd_frame`, a packet of the other a JSON object.
"""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from talus_can.frames import FrameError
from talus_core.errors import TalusError

from talus_drive_simulator.simulator import DriveSimulator
from talus_drive_simulator.stage.verbs import StageVerbs
from talus_drive_simulator.wires.frame import FRAME_BYTES, pack_frames, unpack_frames

CONTROL = "control"
SUFFIX = ".sock"
# As many as the client of talus_can takes at once.
_MOST_FRAMES_A_PACKET = 64
_ROOM_BYTES = 1024 * FRAME_BYTES  # of a packet that is read
_MOST_PATH_BYTES = 107  # sockaddr_un of Linux, with the zero at its end


class StageError(TalusError):
    """Says which socket cannot be opened, and what would work."""


def socket_path(folder: Path, name: str) -> Path:
    """Return where the socket of a bus, or `CONTROL`, is."""
    return folder / f"{name}{SUFFIX}"


class BusPort:
    """Carries the frames of one bus; a client that connects anew takes the place of the last.

    Attributes:
        lost: Frames for which the client had no room.
        malformed: Packets that held no frames.
    """

    def __init__(
        self,
        name: str,
        simulator: DriveSimulator,
        listener: socket.socket | None = None,
        client: socket.socket | None = None,
    ):
        """Take a socket that listens, or one that is connected to the only client."""
        self.lost = 0
        self.malformed = 0
        self._name = name
        self._simulator = simulator
        self._listener = listener
        self._client = client
        self._clients = 0
        for wire in (listener, client):
            if wire is not None:
                wire.setblocking(False)

    def take_in(self) -> None:
        """Put what the client sent on the wire's queue."""
        self._accept()
        while self._client is not None and (packet := self._packet(self._client)) is not None:
            try:
                self._simulator.send(self._name, unpack_frames(packet))
            except FrameError:
                self.malformed += 1

    def give_out(self) -> None:
        """Send what reached the host; without a client, or room at it, it is lost."""
        frames = self._simulator.take(self._name)
        for start in range(0, len(frames), _MOST_FRAMES_A_PACKET):
            part = frames[start : start + _MOST_FRAMES_A_PACKET]
            try:
                if self._client is None:
                    raise BlockingIOError
                self._client.send(pack_frames(part))
            except OSError as error:
                self.lost += len(part)
                if not isinstance(error, BlockingIOError):
                    self._drop()

    def close(self) -> None:
        """Let go of the sockets."""
        self._drop()
        if self._listener is not None:
            self._listener.close()

    def _accept(self) -> None:
        if self._listener is None:
            return
        with contextlib.suppress(BlockingIOError):
            client, _ = self._listener.accept()
            client.setblocking(False)
            self._drop()
            self._client = client
            self._clients += 1
            if self._clients > 1:
                self._simulator.bus(self._name).wire.restart_host(self._simulator.now)

    def _packet(self, client: socket.socket) -> bytes | None:
        try:
            packet = client.recv(_ROOM_BYTES)
        except BlockingIOError:
            return None
        except OSError:
            packet = b""
        if not packet:
            self._drop()
            return None
        return packet

    def _drop(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None


class StageServer:
    """Serves one client until it leaves; time passes only when it asks for that."""

    def __init__(
        self,
        simulator: DriveSimulator,
        ports: Sequence[BusPort],
        accept: Callable[[], socket.socket],
    ):
        """Take a port for each bus, and what returns the socket of the client's requests."""
        self._verbs = StageVerbs(simulator)
        self._ports = ports
        self._accept = accept

    def serve(self) -> None:
        """Answer the client's requests until it closes its end."""
        with self._accept() as client:
            while request := _received(client):
                for port in self._ports:
                    port.take_in()
                answer = self._verbs.answer(request)
                for port in self._ports:
                    port.give_out()
                with contextlib.suppress(OSError):  # gone meanwhile: the next request tells
                    client.send(answer)

    def close(self) -> None:
        """Close the sockets of the buses. Idempotent."""
        for port in self._ports:
            port.close()


@contextlib.contextmanager
def listening_server(simulator: DriveSimulator, folder: Path) -> Iterator[StageServer]:
    """Listen in a folder, which is made where it is not there, until the end of the block.

    Raises StageError.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StageError(f"folder {folder}: {error.strerror or error}") from error
    with contextlib.ExitStack() as stack:
        listeners = {}
        for name in (*simulator.buses, CONTROL):
            path = socket_path(folder, name)
            listeners[name] = stack.enter_context(_listen(path))
            stack.callback(path.unlink, missing_ok=True)
        control = listeners.pop(CONTROL)
        ports = [BusPort(name, simulator, wire) for name, wire in listeners.items()]
        server = StageServer(simulator, ports, lambda: control.accept()[0])
        stack.callback(server.close)
        yield server


@contextlib.contextmanager
def joined_server(
    simulator: DriveSimulator, sockets: Mapping[str, socket.socket]
) -> Iterator[StageServer]:
    """Serve whoever holds the other ends of these sockets, by bus and `CONTROL`.

    Raises StageError where one is missing.
    """
    for name in (*simulator.buses, CONTROL):
        if name not in sockets:
            raise StageError(f"there is no socket of '{name}'; there are: {', '.join(sockets)}")
    ports = [BusPort(name, simulator, client=sockets[name]) for name in simulator.buses]
    with contextlib.closing(StageServer(simulator, ports, lambda: sockets[CONTROL])) as server:
        yield server


def _received(client: socket.socket) -> bytes:
    """Return the next request; nothing where the client is gone."""
    try:
        return client.recv(_ROOM_BYTES)
    except ConnectionError:
        return b""


def _listen(path: Path) -> socket.socket:
    """Return a socket that listens; a file that a dead simulator left there is replaced."""
    if len(bytes(path)) > _MOST_PATH_BYTES:
        raise StageError(
            f"socket {path} has a path of {len(bytes(path))} bytes; {_MOST_PATH_BYTES} are the "
            "most: choose a shorter folder"
        )
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        if path.is_socket() and not _is_alive(path):
            path.unlink(missing_ok=True)
        listener.bind(str(path))
        listener.listen()
    except OSError as error:
        listener.close()
        raise StageError(
            f"socket {path}: {error.strerror or error}; choose a folder that no other simulator "
            "uses, and that may be written"
        ) from error
    return listener


def _is_alive(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True
