# SPDX-License-Identifier: Apache-2.0
"""Worst-case bits and bus loads are those of the standard; a busy plan is refused with a remedy."""

from __future__ import annotations

import numpy as np
import pytest
from family_benches import bench
from talus_can.codec.registry import family_names
from talus_can.load import (
    MOST_BUS_LOAD,
    BitRates,
    BusPlan,
    FrameShape,
    OverloadedBusError,
    bus_load,
    check_plan,
    full_load_rate,
    worst_bits,
)

ONE_MEGABIT = BitRates()
PAIR = (FrameShape(8), FrameShape(8))
EXTENDED_PAIR = (FrameShape(8, is_extended=True),) * 2
CANOPEN = (FrameShape(8),) * 3
FLEXIBLE_PAIR = (FrameShape(8, is_flexible=True),) * 2
MOTEUS_PAIR = tuple(FrameShape(size, is_extended=True, is_flexible=True) for size in (24, 20))


def plan(frames, drives, rates=ONE_MEGABIT, tick_rate_hz=500.0, shared=()) -> BusPlan:
    return BusPlan("can0", rates, tick_rate_hz, drives, tuple(frames), tuple(shared))


@pytest.mark.parametrize(
    "length, is_extended, bits",
    [(0, False, 55), (8, False, 135), (0, True, 80), (8, True, 160)],
)
def test_bits_of_classic_frames(length, is_extended, bits):
    """Known from the literature: 55 and 135, 80 and 160, the space after the frame included."""
    assert worst_bits(FrameShape(length, is_extended)).nominal == bits


@pytest.mark.parametrize(
    "frames, rates",
    [(PAIR, (370, 463, 741)), (EXTENDED_PAIR, (312, 391, 625)), (CANOPEN, (247, 309, 494))],
)
def test_rates_of_classic_buses_that_are_never_free(frames, rates):
    """Ticks per s with 10, 8 and 5 drives on a bus of 1 Mbit/s."""
    found = [full_load_rate(plan(frames, drives)) for drives in (10, 8, 5)]
    assert found == pytest.approx(rates, abs=0.501)


def rate_with_stuffing_in_the_data_phase(frames, drives, data_rate) -> float:
    """As published tables count: an FD frame's stuff bits all at the faster rate."""
    bits = [worst_bits(shape) for shape in frames]
    seconds = sum(b.nominal / 1e6 + (b.data + b.header_stuff) / data_rate for b in bits)
    return 1 / (drives * seconds)


@pytest.mark.parametrize(
    "frames, megabits, rates",
    [
        (FLEXIBLE_PAIR, 5, (951, 1188, 1901)),
        (MOTEUS_PAIR, 5, (492, 615, 984)),
        (FLEXIBLE_PAIR, 8, (1143, 1429, 2286)),
        (MOTEUS_PAIR, 8, (613, 767, 1227)),
    ],
)
def test_rates_of_flexible_buses(frames, megabits, rates):
    """A header's stuff bits go at the nominal rate, so that the true worst case is slower."""
    published = [
        rate_with_stuffing_in_the_data_phase(frames, drives, megabits * 1e6)
        for drives in (10, 8, 5)
    ]
    assert published == pytest.approx(rates, abs=0.501)
    ours = [full_load_rate(plan(frames, n, BitRates(1e6, megabits * 1e6))) for n in (10, 8, 5)]
    for true, simple in zip(ours, published, strict=True):
        assert 0.9 * simple < true < simple


def stuffed(bits: list[int]) -> list[int]:
    """Put a bit of the other kind behind every five equal ones, as a sender does."""
    sent: list[int] = []
    for bit in bits:
        sent.append(bit)
        if len(sent) >= 5 and len(set(sent[-5:])) == 1 and _run_of(sent) == 5:
            sent.append(1 - bit)
    return sent


def _run_of(sent: list[int]) -> int:
    """How many equal bits end a sequence."""
    run = 1
    while run < len(sent) and sent[-run - 1] == sent[-1]:
        run += 1
    return run


def test_the_worst_case_is_met_by_some_bits_and_passed_by_none():
    stuffable = 34 + 8 * 8  # of a standard frame
    worst = worst_bits(FrameShape(8)).nominal - 13  # without delimiters, acknowledge and spaces
    alternating = [0] * 5 + ([1] * 4 + [0] * 4) * stuffable
    assert len(stuffed(alternating[:stuffable])) == worst
    rng = np.random.default_rng(4)
    for share in (0.02, 0.1, 0.5):
        for _ in range(50):
            flips = rng.random(stuffable) < share
            assert len(stuffed(np.cumsum(flips).astype(int) % 2)) <= worst


@pytest.mark.parametrize(
    "length, data_bits",
    [
        (8, 5 + 64 + 17 + 4 + 17 + 6 + 1),
        (16, 5 + 128 + 33 + 4 + 17 + 6 + 1),  # the last with the short checksum
        (20, 5 + 160 + 41 + 4 + 21 + 7 + 1),
    ],
)
def test_bits_of_flexible_frames(length, data_bits):
    """Length, payload, stuff bits, their count, checksum and its stuff bits, delimiter."""
    bits = worst_bits(FrameShape(length, is_flexible=True))
    assert (bits.nominal, bits.header_stuff, bits.data) == (17 + 12, 4, data_bits)


def test_a_flexible_frame_at_one_rate_is_longer_than_a_classic_one():
    flexible = worst_bits(FrameShape(8, is_flexible=True)).seconds(ONE_MEGABIT)
    assert flexible > worst_bits(FrameShape(8)).seconds(ONE_MEGABIT)


def test_longer_frames_take_longer():
    for is_extended in (False, True):
        for is_flexible in (False, True):
            lengths = range(65) if is_flexible else range(9)
            seconds = [
                worst_bits(FrameShape(n, is_extended, is_flexible)).seconds(ONE_MEGABIT)
                for n in lengths
            ]
            assert seconds == sorted(set(seconds))


def test_load_is_the_share_of_time():
    assert bus_load(plan(PAIR, 5)) == pytest.approx(5 * 2 * 135e-6 * 500)
    with_sync = plan(CANOPEN, 5, shared=[FrameShape(0)])
    assert bus_load(with_sync) == pytest.approx((15 * 135e-6 + 55e-6) * 500)


def test_a_plan_within_the_limit_is_taken():
    assert check_plan(plan(PAIR, 5)) == pytest.approx(0.675)


def test_a_busy_plan_is_refused_with_what_works():
    with pytest.raises(OverloadedBusError) as error:
        check_plan(plan(PAIR, 10))
    assert str(error.value) == (
        "bus can0 would be busy for 135% of the time with 10 drives at 500 Hz, and 70% is the "
        "most; 259 Hz would work, or 5 drives on each of 2 buses"
    )
    check_plan(plan(PAIR, 10, tick_rate_hz=259))
    check_plan(plan(PAIR, 5))


def test_what_one_drive_is_too_much_for_says_only_a_rate():
    with pytest.raises(OverloadedBusError, match=r"2592 Hz would work$"):
        check_plan(plan(PAIR, 1, tick_rate_hz=4000))


@pytest.mark.parametrize("name", family_names())
def test_what_is_advised_works_for_every_family(name):
    family = bench(name).family
    busy = plan(family.frames_of_a_drive, 40, tick_rate_hz=1000, shared=family.shared_frames)
    with pytest.raises(OverloadedBusError) as error:
        check_plan(busy)
    words = str(error.value).split("; ")[1].split()
    slower = plan(
        family.frames_of_a_drive, 40, tick_rate_hz=float(words[0]), shared=family.shared_frames
    )
    assert MOST_BUS_LOAD - 0.02 < check_plan(slower) <= MOST_BUS_LOAD
    drives, buses = int(words[words.index("or") + 1]), int(words[-2])
    assert drives * buses >= 40
    check_plan(
        plan(family.frames_of_a_drive, drives, tick_rate_hz=1000, shared=family.shared_frames)
    )
