# SPDX-License-Identifier: Apache-2.0
"""Whatever comes in from a bus, reading it never fails, and every frame is counted."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from family_benches import MODE_NAMES, MODES, FamilyBench, bench
from talus_can.codec.targets import Quantity, Targets
from talus_can.frames import (
    CLASSIC_BYTES,
    EXTENDED,
    FLEXIBLE_BYTES,
    FrameBatch,
    make_frames,
)

FRAMES = 4000
ALL_FLAGS = 64
every_mode = pytest.mark.parametrize("name, mode", MODES, ids=MODE_NAMES)
# Identifiers of what a drive of each family may send, for drives 0 to 7.
REPLY_IDS = {
    "damiao": [0x10],
    "cubemars_mit": [0],
    "cubemars_servo": [0x2900],
    "odrive": [node << 5 | kind for node in range(8) for kind in (1, 3, 9, 0x15, 0x1C)],
    "cia402": [0x80, 0x180, 0x280, 0x700],
}


def likely_ids(name: str, rng: np.random.Generator) -> np.ndarray:
    """Identifiers of this family's drives, mostly."""
    drives = rng.integers(0, 8, FRAMES)
    if name in ("robstride", "cybergear"):
        kinds = rng.choice([0, 2, 17, 21, 24], FRAMES)
        return kinds << 24 | rng.integers(0, 256, FRAMES) << 16 | drives << 8 | 0xFD
    if name == "moteus":
        return drives << 8
    return rng.choice(REPLY_IDS[name], FRAMES) | drives


def noise(name: str, seed: int, is_likely: bool) -> FrameBatch:
    rng = np.random.default_rng(seed)
    data = rng.integers(0, 256, (FRAMES, FLEXIBLE_BYTES), np.uint8)
    data[:, 0] = np.where(rng.random(FRAMES) < 0.5, rng.integers(0, 8, FRAMES), data[:, 0])
    if not is_likely:
        can_id = rng.integers(0, 2**29, FRAMES)
        length = rng.integers(0, FLEXIBLE_BYTES + 1, FRAMES)
        return make_frames(
            rng.integers(0, 4, FRAMES), can_id, rng.integers(0, ALL_FLAGS, FRAMES), length, data
        )
    flags = {"moteus": 25, "robstride": 1, "cybergear": 1, "cubemars_servo": 1}.get(name, 0)
    length = rng.choice([0, 1, 3, 6, 7, 8, 8, 8, 8, 16, 20, 20, 64], FRAMES)
    if name == "moteus":
        heads = np.array([0x24, 4, 0, 0x20, 6, 0x0A, 0x41, 0x50, 0x2C, 0x31], np.uint8)
        data[:, :16] = rng.choice(heads, (FRAMES, 16))
        usual = rng.random(FRAMES) < 0.3
        data[usual, :3] = (0x24, 4, 0)
        data[usual, 11:14] = (0x20, 6, 0x0A)
        length[usual] = 20
    return make_frames(rng.integers(0, 2, FRAMES), likely_ids(name, rng), flags, length, data)


def read(it: FamilyBench, frames: FrameBatch) -> tuple[int, int, int]:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        decoded = it.family.decode(frames, it.feedback)
    return int(decoded.known.sum()), decoded.unknown, decoded.malformed


@every_mode
@pytest.mark.parametrize("is_likely", [False, True])
def test_noise_is_read_and_counted(name, mode, is_likely):
    it = bench(name, mode)
    for seed in range(3):
        known, unknown, malformed = read(it, noise(name, seed, is_likely))
        assert known + unknown == FRAMES
        assert 0 <= malformed <= known
        assert not is_likely or (malformed and known > malformed)
    for field in ("position", "velocity", "effort", "motor_temperature", "drive_temperature"):
        assert not np.isinf(getattr(it.feedback, field)).any()
    for state, fault, warning in zip(
        it.feedback.state, it.feedback.fault, it.feedback.warning, strict=True
    ):
        assert it.family.state_name(int(state)) or int(state) == -1
        assert all(it.family.fault_names(int(fault)))
        assert all(it.family.warning_names(int(warning)))


@every_mode
def test_classic_frames_are_read_by_every_family(name, mode):
    """As they come from a bus without FD: eight bytes wide."""
    it = bench(name, mode)
    frames = noise(name, 1, True)
    length = np.minimum(frames.length, CLASSIC_BYTES)
    for flags in (frames.flags, frames.flags & EXTENDED):
        narrow = FrameBatch(
            frames.bus, frames.can_id, flags, length, frames.data[:, :CLASSIC_BYTES]
        )
        known, unknown, _ = read(it, narrow)
        assert known + unknown == FRAMES


@every_mode
def test_nothing_is_read_as_nothing(name, mode):
    it = bench(name, mode)
    assert read(it, noise(name, 0, True).rows(slice(0, 0))) == (0, 0, 0)
    assert np.isnan(it.feedback.position).all()
    assert not it.feedback.replies.any()


@every_mode
def test_what_the_host_sends_itself_moves_no_joint(name, mode):
    """A socket may hear its own frames."""
    it = bench(name, mode)
    read(it, it.family.command(Targets(np.zeros((len(Quantity), it.count))), it.feedback))
    assert not it.feedback.replies.any()


@every_mode
def test_frames_of_another_bus_are_unknown(name, mode):
    it = bench(name, mode)
    frames = noise(name, 0, True)
    elsewhere = FrameBatch(frames.bus + 2, frames.can_id, frames.flags, frames.length, frames.data)
    assert read(it, elsewhere) == (0, FRAMES, 0)


@every_mode
def test_the_newest_of_several_reports_counts(name, mode):
    """Reading a batch at once is reading its frames one after the other."""
    together, apart = bench(name, mode), bench(name, mode)
    frames = noise(name, 5, True).rows(slice(0, 300))
    read(together, frames)
    for row in range(len(frames)):
        read(apart, frames.rows(slice(row, row + 1)))
    for field in ("position", "velocity", "effort", "motor_temperature", "replies", "state"):
        np.testing.assert_array_equal(
            getattr(together.feedback, field), getattr(apart.feedback, field), field
        )
