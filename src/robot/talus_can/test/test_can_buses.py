# SPDX-License-Identifier: Apache-2.0
"""Frames go through sockets as they are, and a wire that cannot be used says what would do."""

from __future__ import annotations

import errno
import socket
import struct

import numpy as np
import pytest
from talus_can.bus.link_state import LinkState, rates_told, read_link
from talus_can.bus.seam import BusError, BusState
from talus_can.bus.socketcan import SocketCanBus, kernel_has_can
from talus_can.bus.steady_clock import SteadyClock
from talus_can.bus.unix_socket import UnixSocketBus
from talus_can.frames import (
    ERROR_FRAME,
    EXTENDED,
    FLEXIBLE,
    RATE_SWITCH,
    FrameBatch,
    joined,
    make_frames,
    pack_mixed,
    unpack_mixed,
)
from talus_can.load import BitRates
from talus_can.wires import Wires

RATES = BitRates(1e6, 5e6)
FINE = LinkState(is_can=True, is_up=True, mtu=72, bit_rate=1e6, data_rate=5e6)


def classic(count: int, first: int = 0x100) -> FrameBatch:
    data = np.arange(8 * count, dtype=np.uint8).reshape(count, 8)
    return make_frames(0, np.arange(first, first + count), 0, 8, data)


def flexible(count: int) -> FrameBatch:
    data = np.arange(24 * count, dtype=np.uint8).reshape(count, 24)
    flags = EXTENDED | FLEXIBLE | RATE_SWITCH
    return make_frames(0, np.arange(0x8001, 0x8001 + count), flags, 24, data)


def same(one: FrameBatch, other: FrameBatch) -> bool:
    names = ("can_id", "flags", "length")
    return one.payloads() == other.payloads() and all(
        (getattr(one, name) == getattr(other, name)).all() for name in names
    )


def test_classic_and_flexible_frames_share_a_packet_of_72_bytes_each():
    frames = joined([classic(3), flexible(2)])
    packed = pack_mixed(frames)
    assert packed.shape == (5, 72)
    assert [row[5] & 0x04 for row in packed] == [0, 0, 0, 4, 4]
    assert same(unpack_mixed(packed.tobytes()), frames)


class KeptBus:
    """Keeps what it is sent."""

    name = "kept"
    state = BusState.ACTIVE

    def __init__(self):
        self.sent = []

    def send(self, packed):
        self.sent += unpack_mixed(packed.tobytes()).can_id.tolist()


@pytest.mark.parametrize("buses", [[0, 0, 2, 3], [3, 0, 2, 0]])
def test_frames_are_given_to_their_buses_in_their_order(buses):
    frames = classic(4)
    frames.bus[:] = buses
    kept = [KeptBus() for _ in range(4)]
    Wires(kept, SteadyClock(), 0).send(frames)
    assert [bus.sent for bus in kept] == [
        frames.can_id[frames.bus == number].tolist() for number in range(4)
    ]


def send(bus, frames: FrameBatch) -> None:
    """Send as the driver does, but raise what a bus raises."""
    bus.send(pack_mixed(frames))


def receive(bus) -> FrameBatch:
    """Receive as the driver does, but raise what a bus raises."""
    wires = Wires([bus], SteadyClock(), 0)
    frames = wires.receive()
    if wires.troubles:
        raise BusError(wires.troubles[0])
    return frames


@pytest.fixture
def pair():
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    bus = UnixSocketBus("can0", "")
    bus.use(ours)
    yield bus, theirs
    bus.close()
    theirs.close()


def test_frames_go_to_simulated_drives_and_come_back(pair):
    bus, theirs = pair
    frames = joined([classic(70), flexible(5)])
    send(bus, frames)
    packets = [theirs.recv(1 << 17) for _ in range(2)]
    assert [len(packet) // 72 for packet in packets] == [64, 11]
    assert not len(receive(bus))
    for packet in packets:
        theirs.send(packet)
    assert bus.wait(0.0)
    back = receive(bus)
    assert same(back, frames)
    assert (bus.health.sent, bus.health.received, bus.health.lost) == (75, 75, 0)


def test_a_simulated_controller_that_goes_off_tells_it_by_an_error_frame(pair):
    bus, theirs = pair
    off = make_frames(0, np.array([0x040]), ERROR_FRAME, 8, np.zeros((1, 8), np.uint8))
    theirs.send(pack_mixed(joined([classic(1), off])))
    assert len(receive(bus)) == 1
    assert bus.health.state is BusState.OFF and bus.health.errors == 1


def test_a_packet_that_is_no_frames_is_counted_and_the_next_is_read(pair):
    bus, theirs = pair
    theirs.send(b"nonsense")
    theirs.send(pack_mixed(classic(1)))
    assert len(receive(bus)) == 1
    assert bus.health.errors == 1


def test_a_full_queue_loses_frames_and_a_closed_end_is_off(pair):
    bus, theirs = pair
    with pytest.raises(BusError, match="bus can0: cannot send"):
        for _ in range(100_000):
            send(bus, classic(64))
    assert bus.health.lost and bus.health.state is BusState.ACTIVE
    theirs.close()
    with pytest.raises(BusError, match="bus can0: cannot"):
        receive(bus)
    assert bus.health.state is BusState.OFF


def test_a_simulator_that_is_not_there_is_named_with_its_path(tmp_path):
    bus = UnixSocketBus("can0", str(tmp_path / "can0"))
    with pytest.raises(BusError, match=r"bus can0: nobody listens at '.*/can0' \(No such file"):
        bus.open()
    with pytest.raises(BusError, match="bus can0 is not open"):
        send(bus, classic(1))
    bus.close()


def test_a_simulator_that_comes_back_is_connected_to_again(tmp_path):
    path = str(tmp_path / "can0")
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listening:
        listening.bind(path)
        listening.listen()
        bus = UnixSocketBus("can0", path)
        bus.open()
        listening.accept()[0].close()
        with pytest.raises(BusError):
            receive(bus)
        bus.restart()
        assert bus.health.state is BusState.ACTIVE and bus.health.restarts == 1
        bus.close()


class FakeSocket:
    """Stands for a raw CAN socket: keeps what is sent and set, gives what shall come."""

    def __init__(self, *_):
        self.sent: list[bytes] = []
        self.options: list[tuple] = []
        self.inbox: list[bytes] = []
        self.fails: OSError | None = None
        self.bound: tuple = ()

    def setsockopt(self, *option):
        self.options.append(option)

    def bind(self, address):
        if self.fails:
            raise self.fails
        self.bound = address

    def setblocking(self, _):
        pass

    def send(self, data):
        if self.fails:
            raise self.fails
        self.sent.append(bytes(data))

    def recv(self, _):
        if self.fails:
            raise self.fails
        if not self.inbox:
            raise BlockingIOError
        return self.inbox.pop(0)

    def close(self):
        pass


def linux_bus(link: LinkState | None = FINE, is_flexible: bool = True, make=None):
    wire = FakeSocket()
    bus = SocketCanBus(
        "can0", "can0", RATES, is_flexible, make or (lambda *_: wire), lambda _: link
    )
    return bus, wire


def test_a_raw_socket_gets_each_frame_in_its_own_layout():
    bus, wire = linux_bus()
    bus.open()
    assert wire.bound == ("can0",)
    assert (101, 5, 1) in wire.options  # FD frames
    assert (101, 2, struct.pack("=I", 0x1FFF_FFFF)) in wire.options  # all errors
    frames = joined([classic(2), flexible(1), classic(1)])
    send(bus, frames)
    assert [len(data) for data in wire.sent] == [16, 16, 72, 16]
    wire.inbox = list(wire.sent)
    back = receive(bus)
    assert same(back, frames)
    assert bus.health.sent == bus.health.received == 4


@pytest.mark.parametrize(
    ("classes", "controller", "state"),
    [
        (0x004, 0x20, BusState.PASSIVE),
        (0x040, 0, BusState.OFF),
        (0x100, 0, BusState.ACTIVE),
        (0x008, 0, BusState.ACTIVE),
    ],
)
def test_error_frames_are_no_frames_and_tell_the_state(classes, controller, state):
    bus, wire = linux_bus()
    bus.open()
    error = struct.pack("=IB3x8s", classes | 0x2000_0000, 8, bytes([0, controller]))
    wire.inbox = [error]
    assert not len(receive(bus))
    assert bus.health.state is state and bus.health.errors == 1


def test_a_receiver_that_overflowed_is_counted_as_a_loss():
    bus, wire = linux_bus()
    bus.open()
    data = np.array([[0, 0x01, 0, 0, 0, 0, 0, 0]], np.uint8)
    frame = make_frames(0, np.array([0x004]), ERROR_FRAME, 8, data)
    wire.inbox = [struct.pack("=IB3x8s", 0x2000_0004, 8, frame.payloads()[0])]
    receive(bus)
    assert bus.health.lost == 1


@pytest.mark.parametrize(
    ("link", "is_flexible", "said"),
    [
        (None, True, "interface 'can0' does not exist"),
        (LinkState(False, True, 1500), True, "interface 'can0' is no CAN interface"),
        (LinkState(True, False, 72), True, "is down; this would do: ip link set can0 down; ip"),
        (LinkState(True, True, 72, queue=10), True, "queue of 10 frames; 64 would do: ip link set"),
        (LinkState(True, True, 16), True, "speaks classic CAN alone; .* dbitrate 5000000 fd on"),
        (
            LinkState(True, True, 16, 5e5),
            False,
            r"has a bit rate of 500000 bit/s, configured is 1e\+06; .* bitrate 1000000 restart",
        ),
        (LinkState(True, True, 72, 1e6, 2e6), True, r"has a data bit rate of 2e\+06 bit/s"),
    ],
)
def test_an_interface_that_is_set_otherwise_is_refused_with_what_would_do(link, is_flexible, said):
    bus, _ = linux_bus(link, is_flexible)
    with pytest.raises(BusError, match=f"bus can0: .*{said}"):
        bus.open()


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (PermissionError(errno.EPERM, "no"), "no permission for CAN sockets; .*CAP_NET_RAW"),
        (OSError(errno.EAFNOSUPPORT, "not supported"), "this kernel has no CAN .*modprobe can_raw"),
    ],
)
def test_a_socket_that_cannot_be_made_is_refused_with_what_would_do(error, said):
    def make(*_):
        raise error

    with pytest.raises(BusError, match=said):
        linux_bus(make=make)[0].open()


def test_a_full_queue_is_a_loss_and_an_interface_that_goes_down_is_off():
    bus, wire = linux_bus()
    bus.open()
    wire.fails = OSError(errno.ENOBUFS, "No buffer space available")
    with pytest.raises(BusError, match=r"cannot send: .*No buffer space"):
        send(bus, classic(3))
    assert bus.health.lost == 3 and bus.health.state is BusState.ACTIVE
    wire.fails = OSError(errno.ENETDOWN, "Network is down")
    with pytest.raises(BusError, match="is down; this would do"):
        receive(bus)
    assert bus.health.state is BusState.OFF


def test_the_rates_are_those_that_ip_tells():
    answer = (
        '[{"linkinfo": {"info_data": {"bittiming": {"bitrate": 500000},'
        '"data_bittiming": {"bitrate": 2000000}}}}]'
    )
    assert rates_told(answer) == (5e5, 2e6)
    assert rates_told("[{}]") == rates_told("") == (None, None)


def test_an_interface_is_read_from_the_system(tmp_path):
    assert read_link("can9", tmp_path) is None
    folder = tmp_path / "can9"
    folder.mkdir()
    for name, text in (("type", "280\n"), ("flags", "0x41\n"), ("mtu", "72\n")):
        (folder / name).write_text(text)
    assert read_link("can9", tmp_path) == LinkState(True, True, 72)
    (folder / "tx_queue_len").write_text("10\n")
    assert read_link("can9", tmp_path) == LinkState(True, True, 72, queue=10)


@pytest.mark.skipif(not kernel_has_can(), reason="this kernel has no CAN sockets")
def test_a_virtual_interface_carries_frames():
    if read_link("vcan0") is None:
        pytest.skip("no interface vcan0: ip link add vcan0 type vcan; ip link set vcan0 up")
    buses = [SocketCanBus("vcan0", "vcan0", RATES, False) for _ in range(2)]
    for bus in buses:
        bus.open()
    send(buses[0], classic(3))
    assert buses[1].wait(1.0)
    assert same(receive(buses[1]), classic(3))
    for bus in buses:
        bus.close()
