# SPDX-License-Identifier: Apache-2.0
"""Frames are packed as Linux lays them out, and come back as they were."""

from __future__ import annotations

import struct
import sys
from contextlib import suppress

import numpy as np
import pytest
from talus_can.frames import (
    ERROR_FRAME,
    ERROR_PASSIVE,
    EXTENDED,
    FLEXIBLE,
    FLEXIBLE_LENGTHS,
    RATE_SWITCH,
    REMOTE,
    FrameBatch,
    FrameError,
    flexible_length,
    joined,
    make_frames,
    no_frames,
    pack_classic,
    pack_flexible,
    unpack_classic,
    unpack_flexible,
)

# linux/can.h, written out by hand: the packer must not be its own judge.
CLASSIC = struct.Struct("=IB3x8s")
FLEXIBLE_STRUCT = struct.Struct("=IBB2x64s")
COUNT = 500


def some_frames(is_flexible: bool, seed: int = 3) -> FrameBatch:
    rng = np.random.default_rng(seed)
    kinds = [0, EXTENDED, REMOTE, EXTENDED | REMOTE, ERROR_FRAME | EXTENDED]
    flags = rng.choice(kinds if not is_flexible else [0, EXTENDED], COUNT)
    if is_flexible:
        flags |= FLEXIBLE | rng.choice([0, RATE_SWITCH, RATE_SWITCH | ERROR_PASSIVE], COUNT)
    top = np.where(flags & EXTENDED, 2**29, 2**11)
    length = rng.choice(FLEXIBLE_LENGTHS if is_flexible else range(9), COUNT)
    data = rng.integers(0, 256, (COUNT, 64 if is_flexible else 8), np.uint8)
    data[np.arange(data.shape[1]) >= length[:, None]] = 0
    return make_frames(2, rng.integers(0, top), flags, length, data)


def assert_same(left: FrameBatch, right: FrameBatch) -> None:
    for field in ("bus", "can_id", "flags", "length", "data"):
        np.testing.assert_array_equal(getattr(left, field), getattr(right, field), field)


def linux_id(frames: FrameBatch, row: int) -> int:
    flags = frames.flags[row]
    marks = ((EXTENDED, 1 << 31), (REMOTE, 1 << 30), (ERROR_FRAME, 1 << 29))
    return int(frames.can_id[row]) | sum(bit for flag, bit in marks if flags & flag)


def test_classic_frames_are_laid_out_as_linux_does():
    frames = some_frames(False)
    packed = pack_classic(frames)
    assert packed.shape == (COUNT, CLASSIC.size) == (COUNT, 16)
    for row, raw in enumerate(packed):
        wanted = CLASSIC.pack(linux_id(frames, row), frames.length[row], bytes(frames.data[row]))
        assert bytes(raw) == wanted


def test_flexible_frames_are_laid_out_as_linux_does():
    frames = some_frames(True)
    packed = pack_flexible(frames)
    assert packed.shape == (COUNT, FLEXIBLE_STRUCT.size) == (COUNT, 72)
    marks = ((RATE_SWITCH, 1), (ERROR_PASSIVE, 2), (FLEXIBLE, 4))
    for row, raw in enumerate(packed):
        flags = sum(bit for flag, bit in marks if frames.flags[row] & flag)
        wanted = FLEXIBLE_STRUCT.pack(
            linux_id(frames, row), frames.length[row], flags, bytes(frames.data[row])
        )
        assert bytes(raw) == wanted


def test_frames_come_back_as_they_were():
    classic, flexible = some_frames(False), some_frames(True)
    assert_same(unpack_classic(pack_classic(classic).tobytes(), bus=2), classic)
    assert_same(unpack_flexible(pack_flexible(flexible).tobytes(), bus=2), flexible)


def test_one_frame_by_hand():
    frames = make_frames(0, np.array([0x123]), 0, 2, np.array([[0xAA, 0x55]], np.uint8))
    order = "23010000" if sys.byteorder == "little" else "00000123"
    assert pack_classic(frames).tobytes().hex() == order + "02000000" + "aa55" + "00" * 6


@pytest.mark.parametrize(
    "can_id, flags, length, said",
    [
        (0x800, 0, 8, "too many bits"),
        (2**29, EXTENDED, 8, "too many bits"),
        (1, 0, 9, "length that CAN does not have"),
        (1, FLEXIBLE, 9, "pack_flexible|length"),
        (1, FLEXIBLE, 8, "pack_flexible"),
        (1, 64, 8, "flags"),
    ],
)
def test_what_no_controller_could_send_is_refused(can_id, flags, length, said):
    frames = make_frames(0, np.array([can_id]), flags, length, np.zeros((1, 64), np.uint8))
    with pytest.raises(FrameError, match=rf"frame 0 \(id {can_id:#x}.*({said})"):
        pack_classic(frames)


def test_a_classic_frame_is_no_fd_frame():
    with pytest.raises(FrameError, match="pack_classic packs those"):
        pack_flexible(some_frames(False))


def test_a_frame_with_less_data_than_it_says_is_refused():
    frames = make_frames(0, np.array([1]), FLEXIBLE, 12, np.zeros((1, 8), np.uint8))
    with pytest.raises(FrameError, match="less data than its length says"):
        pack_flexible(frames)


@pytest.mark.parametrize("unpack, size", [(unpack_classic, 16), (unpack_flexible, 72)])
def test_half_a_frame_is_refused(unpack, size):
    with pytest.raises(FrameError, match=f"multiple of {size}"):
        unpack(bytes(size + 1))
    assert len(unpack(b"")) == 0


@pytest.mark.parametrize("unpack, size, most", [(unpack_classic, 16, 8), (unpack_flexible, 72, 64)])
def test_a_length_beyond_the_data_is_refused(unpack, size, most):
    raw = bytearray(size)
    raw[4] = most + 1
    with pytest.raises(FrameError, match=f"frame 0 has length {most + 1}; at most {most}"):
        unpack(raw)


def test_noise_of_the_right_size_is_read_or_refused():
    rng = np.random.default_rng(1)
    for unpack, size in ((unpack_classic, 16), (unpack_flexible, 72)):
        for _ in range(500):
            raw = rng.integers(0, 256, size, np.uint8).tobytes()
            with suppress(FrameError):
                assert len(unpack(raw)) == 1


def test_flexible_lengths_are_the_least_that_hold():
    for size in range(65):
        wanted = next(length for length in FLEXIBLE_LENGTHS if length >= size)
        assert flexible_length(size) == wanted


def test_batches_are_joined_in_order_and_taken_apart():
    classic, flexible = some_frames(False), some_frames(True)
    both = joined([classic, flexible])
    assert len(both) == 2 * COUNT
    np.testing.assert_array_equal(both.can_id[COUNT:], flexible.can_id)
    assert both.payloads() == classic.payloads() + flexible.payloads()
    assert len(joined([])) == len(no_frames()) == 0
    assert len(both.on_bus(2)) == 2 * COUNT and len(both.on_bus(0)) == 0
