# SPDX-License-Identifier: Apache-2.0
"""Wires keep time by the bits of each very frame, and lose what a real bus loses."""

from __future__ import annotations

import random

import pytest
from talus_can.frames import EXTENDED, FLEXIBLE, FLEXIBLE_LENGTHS, RATE_SWITCH, REMOTE, FrameError
from talus_can.load import BitRates, FrameShape, worst_bits
from talus_drive_simulator.wires.controller import RECOVERY_BITS, Controller, ControllerState
from talus_drive_simulator.wires.frame import WireFrame, pack_frames, unpack_frames
from talus_drive_simulator.wires.frame_bits import arbitration_key, checksum, exact_bits
from talus_drive_simulator.wires.wire import HOST, Wire

RATES = BitRates(1e6, 5e6)
KINDS = (0, EXTENDED, FLEXIBLE, FLEXIBLE | RATE_SWITCH, EXTENDED | FLEXIBLE | RATE_SWITCH)
BIT_S = 1e-6


def random_frames(count: int) -> list[WireFrame]:
    chosen = random.Random(1)
    frames = []
    for _ in range(count):
        flags = chosen.choice(KINDS)
        size = chosen.choice(FLEXIBLE_LENGTHS if flags & FLEXIBLE else range(9))
        data = bytes(chosen.choice((0, 255, chosen.randrange(256))) for _ in range(size))
        top = 1 << (29 if flags & EXTENDED else 11)
        frames.append(WireFrame(chosen.choice((0, top - 1, chosen.randrange(top))), flags, data))
    return frames


def stuffed_by_hand(bits: str) -> int:
    """Stuff bits of a string of bits, by the rule as the standard has it."""
    sent = ""
    for bit in bits:
        sent += bit
        if len(sent) >= 5 and len(set(sent[-5:])) == 1:
            sent += "10"[int(bit)]
    return len(sent) - len(bits)


def classic_by_hand(frame: WireFrame) -> int:
    """Bits of a classic data frame, spelt out."""
    if frame.flags & EXTENDED:
        head = f"0{frame.can_id >> 18:011b}11{frame.can_id & 0x3FFFF:018b}000"
    else:
        head = f"0{frame.can_id:011b}000"
    bits = head + f"{len(frame.data):04b}" + "".join(f"{byte:08b}" for byte in frame.data)
    register = 0
    for bit in bits:  # as ISO 11898-1 describes the shift register
        top = int(bit) ^ register >> 14
        register = register << 1 & 0x7FFF ^ (0x4599 if top else 0)
    assert checksum(int(bits, 2), len(bits)) == register
    bits += f"{register:015b}"
    return len(bits) + stuffed_by_hand(bits) + 13


def test_bits_of_classic_frames_are_those_counted_by_hand():
    frames = [frame for frame in random_frames(300) if not frame.flags & FLEXIBLE]
    assert len(frames) > 50
    for frame in frames:
        assert exact_bits(frame).nominal == classic_by_hand(frame), frame


def test_no_frame_is_longer_than_the_worst_case_of_its_shape():
    for frame in random_frames(500):
        flexible = bool(frame.flags & FLEXIBLE)
        shape = FrameShape(len(frame.data), bool(frame.flags & EXTENDED), flexible)
        worst = worst_bits(shape)
        least = worst.nominal + worst.data if flexible else 0
        exact = exact_bits(frame)
        total = exact.nominal + exact.data
        most = worst.nominal + worst.header_stuff + worst.data
        assert total <= most and total > 0.8 * least
        if frame.flags & RATE_SWITCH:
            assert exact.seconds(RATES) <= worst.seconds(RATES) + 1e-12


@pytest.mark.parametrize(
    "frame, bits",
    [
        # 44 bits, 64 of payload and 3 of space without stuff bits, as textbooks have it.
        (WireFrame(0x555, 0, bytes([0x55] * 8)), 44 + 64 + 3),
        (WireFrame(0x000, 0, bytes(8)), 0),
    ],
)
def test_a_known_frame(frame, bits):
    expect = bits or classic_by_hand(frame)
    assert exact_bits(frame).nominal == pytest.approx(expect, abs=2 if bits else 0)


def test_the_least_identifier_wins_and_a_standard_frame_beats_an_extended_one():
    order = [
        WireFrame(0x010, 0, b""),
        WireFrame(0x010, REMOTE, b""),
        WireFrame(0x010 << 18, EXTENDED, b""),
        WireFrame(0x010 << 18 | 1, EXTENDED, b""),
        WireFrame(0x011, FLEXIBLE, b""),
    ]
    assert sorted(order[::-1], key=arbitration_key) == order


def wire_of(drives: int = 3, room: int = 3, seed: int = 0, **options) -> Wire:
    nodes = [Controller(100, restarts_itself=False)]
    nodes += [Controller(room, restarts_itself=True) for _ in range(drives)]
    return Wire(RATES, nodes, seed, **options)


def run(wire: Wire, until: float) -> list[tuple[int, int, float]]:
    heard = []
    wire.run(until, lambda sender, frame, now: heard.append((sender, frame.can_id, now)))
    return heard


def test_frames_that_wait_go_by_identifier_and_those_of_one_node_in_their_order():
    wire = wire_of()
    for node, can_id in ((HOST, 0x30), (HOST, 0x10), (1, 0x20), (2, 0x25)):
        wire.put(node, WireFrame(can_id, 0, bytes(8)), 0.0)
    heard = run(wire, 1.0)
    assert [can_id for _, can_id, _ in heard] == [0x20, 0x25, 0x30, 0x10]
    ends = [now for _, _, now in heard]
    frames = [WireFrame(can_id, 0, bytes(8)) for _, can_id, _ in heard]
    total = sum(exact_bits(frame).seconds(RATES) for frame in frames)
    assert ends[-1] == pytest.approx(total) == wire.counts.busy_s


def test_a_frame_that_is_not_done_ends_in_the_next_step_at_the_same_instant():
    whole, halved = wire_of(), wire_of()
    for wire in (whole, halved):
        for place in range(20):
            wire.put(1 + place % 3, WireFrame(place + 1, 0, bytes([place])), place * 7e-5)
    steps = [row for step in range(1, 41) for row in run(halved, step * 5e-5)]
    assert steps == run(whole, 2e-3)


def test_a_drive_with_three_mailboxes_loses_the_fourth_frame_and_counts_it():
    wire = wire_of()
    assert [wire.put(1, WireFrame(1, 0, b""), 0.0) for _ in range(4)] == [True] * 3 + [False]
    assert wire.nodes[1].lost == 1 and len(run(wire, 1.0)) == 3


def test_noise_costs_time_and_no_frame():
    wire = wire_of()
    wire.faults.noise = 0.3
    for place in range(60):
        wire.put(HOST, WireFrame(place, 0, bytes(8)), 0.0)
    heard = run(wire, 1.0)
    assert [can_id for _, can_id, _ in heard] == list(range(60))
    assert 10 < wire.counts.destroyed == sum(report.can_id == 0x88 for report in wire.reports)
    assert wire.nodes[HOST].state is ControllerState.ACTIVE


def test_loss_is_counted_and_repeats_with_its_seed():
    runs = []
    for seed in (1, 1, 2):
        wire = wire_of(seed=seed)
        wire.faults.loss = 0.2
        for place in range(100):
            wire.put(HOST, WireFrame(place, 0, b""), 0.0)
        runs.append([can_id for _, can_id, _ in run(wire, 1.0)])
        assert wire.counts.lost == 100 - len(runs[-1]) and 5 < wire.counts.lost < 40
    assert runs[0] == runs[1] != runs[2]


def test_two_drives_with_one_identifier_destroy_each_other_until_both_are_off():
    wire = wire_of()
    wire.put(1, WireFrame(0x10, 0, b"a"), 0.0)
    wire.put(2, WireFrame(0x10, 0, b"b"), 0.0)
    assert run(wire, 0.05) == []
    assert wire.counts.destroyed == 32  # 32 times 8 errors are 256
    wire.put(3, WireFrame(0x20, 0, b""), 0.05)
    assert len(run(wire, 0.1)) == 1


def test_the_host_comes_back_from_bus_off_after_128_times_11_bits_when_it_is_told_to():
    wire = wire_of()
    wire.drive_host_off(0.0)
    assert [report.can_id for report in wire.reports] == [0x40]
    assert not wire.put(HOST, WireFrame(1, 0, b""), 0.0)
    run(wire, 1.0)
    assert wire.nodes[HOST].state is ControllerState.OFF
    wire.restart_host(1.0)
    run(wire, 1.0 + 0.99 * RECOVERY_BITS * BIT_S)
    assert wire.nodes[HOST].state is ControllerState.OFF
    run(wire, 1.0 + 1.01 * RECOVERY_BITS * BIT_S)
    assert wire.nodes[HOST].state is ControllerState.ACTIVE
    assert [report.can_id for report in wire.reports] == [0x40, 0x100]
    assert wire.put(HOST, WireFrame(1, 0, b""), 1.01) and len(run(wire, 1.1)) == 1


def test_much_noise_makes_the_host_passive_and_says_so():
    wire = wire_of()
    wire.faults.noise = 1.0
    wire.put(HOST, WireFrame(1, 0, bytes(8)), 0.0)
    run(wire, 1.0)
    kinds = [(report.can_id, report.data[1]) for report in wire.reports if report.can_id != 0x88]
    assert kinds == [(0x04, 0x20), (0x40, 0)]


def test_nothing_passes_a_cut_wire_and_what_waited_goes_when_it_is_whole():
    wire = wire_of()
    wire.faults.is_cut = True
    wire.put(HOST, WireFrame(1, 0, b""), 0.0)
    assert run(wire, 0.5) == []
    wire.faults.is_cut = False
    ((_, _, now),) = run(wire, 1.0)
    assert now > 0.5


def test_a_delay_makes_every_frame_late():
    wire = wire_of()
    wire.faults.delay = 0.01
    wire.put(HOST, WireFrame(1, 0, b""), 0.0)
    assert run(wire, 0.01) == []
    assert len(run(wire, 0.02)) == 1


def test_frames_keep_all_in_the_packets_of_a_socket():
    frames = random_frames(100)
    packet = pack_frames(frames)
    assert len(packet) == 7200
    assert unpack_frames(packet) == frames


@pytest.mark.parametrize(
    "packet, named",
    [
        (bytes(71), "71 bytes"),
        ((0x800).to_bytes(4, "little") + bytes(68), "0x800"),
        (bytes(4) + bytes([9]) + bytes(67), "9 bytes"),
        (bytes(4) + bytes([13, 4]) + bytes(66), "13 bytes"),
    ],
)
def test_what_is_no_frame_is_refused(packet, named):
    with pytest.raises(FrameError, match=named):
        unpack_frames(packet)
