# SPDX-License-Identifier: Apache-2.0
"""Checks times that no clock can spoil, counted messages, and events told from messages."""

import math
import random

import numpy as np
import pytest
from talus_core.physics import NANOSECONDS_PER_SECOND
from talus_recorder.disk.spool import Spool
from talus_recorder.happenings.events import (
    EVENT_FALL,
    EVENT_FAULT,
    EVENT_LATCH,
    EVENT_LEVEL,
    EVENT_LOWERED,
)
from talus_recorder.happenings.timeline import Timeline
from talus_recorder.happenings.watcher import GateView, SafetyView, Watcher
from talus_recorder.listening.intake import Clocks, Intake, LogTime

HOUR = 3600 * NANOSECONDS_PER_SECOND


@pytest.mark.parametrize("jump", [HOUR, -HOUR, NANOSECONDS_PER_SECOND, -NANOSECONDS_PER_SECOND])
def test_a_jump_of_the_wall_clock_moves_no_message_out_of_its_batch(jump: int):
    log_time = LogTime(Clocks(0, 10 * HOUR))
    wall = 10 * HOUR
    before = 10 * HOUR
    for batch in range(1, 20):
        steady = batch * NANOSECONDS_PER_SECOND // 10
        wall = 10 * HOUR + steady + (jump if batch >= 10 else 0)
        log_time.begin_batch(Clocks(steady, wall))
        received = [
            wall - NANOSECONDS_PER_SECOND // 10 + n * NANOSECONDS_PER_SECOND // 100
            for n in range(10)
        ]
        times = [log_time.of(time) for time in received]
        assert times == sorted(times)
        assert before <= times[0] <= times[-1] <= 10 * HOUR + steady
        assert times == [10 * HOUR + steady - (wall - time) for time in received]
        before = times[-1]


def test_the_timeline_is_the_robots_while_that_runs():
    timeline = Timeline()
    for tick in range(100):
        assert timeline.advance(1000.0 + 0.1 * tick, 5.0 + 0.02 * tick) == pytest.approx(
            0.02 * tick
        )


@pytest.mark.parametrize("jump", [3600.0, -3600.0, -0.5])
def test_a_jump_of_robot_time_is_no_step_of_the_timeline(jump: float):
    timeline = Timeline()
    timeline.advance(0.0, 100.0)
    timeline.advance(0.1, 100.1)
    assert timeline.advance(0.2, 100.2 + jump) == pytest.approx(0.2)
    assert timeline.advance(0.3, 100.3 + jump) == pytest.approx(0.3)


def test_the_timeline_goes_on_without_a_robot():
    timeline = Timeline()
    timeline.advance(0.0, 1.0)
    times = [timeline.advance(0.1 * tick, 1.0) for tick in range(1, 40)]
    assert times[-1] == pytest.approx(3.9 - 0.5, abs=0.11)
    assert Timeline().advance(5.0, None) == 0.0


def test_gaps_in_what_publishers_count_are_missed_messages():
    intake = Intake(Spool(4, 4000), 0.1)
    for sequence in (7, 8, 11, 12):
        intake.see_sequence("one", sequence)
    for sequence in (1, 2, 3):
        intake.see_sequence("two", sequence)
    intake.see_sequence("one", 1)  # the publisher began anew
    assert intake.missed == 2


def test_a_message_too_large_for_a_chunk_is_counted_not_raised():
    intake = Intake(Spool(4, 4000), 0.1)
    intake.add(1, bytes(5000), 1, 1, 0)
    intake.add(1, bytes(3000), 1, 1, 0)
    intake.add(1, bytes(3000), 1, 1, 0)
    assert (intake.messages, intake.too_large) == (2, 1)


@pytest.mark.parametrize("length", [1, 40, 700])
def test_a_block_lies_in_chunks_as_its_messages_would_one_by_one(length: int):
    chance = np.random.default_rng(0)
    data = chance.integers(0, 256, (100, length), dtype=np.uint8)
    times = np.arange(100) + 10**18
    spools = Spool(50, 4000), Spool(50, 4000)
    block, single = (Intake(spool, 0.1) for spool in spools)
    block.add_block(7, data, times)
    for row, time in zip(data, times.tolist(), strict=True):
        single.add(7, row.tobytes(), time, time, 0)
    block.flush()
    single.flush()
    assert block.messages == single.messages == 100
    while (expected := spools[1].oldest(0.0)) is not None:
        written = spools[0].oldest(0.0)
        assert bytes(written.buffer.records) == bytes(expected.buffer.records)
        assert written.buffer.entries.tolist() == expected.buffer.entries.tolist()
        for spool in spools:
            spool.done()
    assert spools[0].oldest(0.0) is None


def test_a_block_of_messages_too_large_for_a_chunk_is_counted_not_raised():
    intake = Intake(Spool(4, 4000), 0.1)
    intake.add(1, bytes(100), 1, 1, 0)
    intake.add_block(1, np.zeros((3, 5000), np.uint8), np.ones(3, int))
    intake.add_block(1, np.zeros((2, 3000), np.uint8), np.ones(2, int))
    assert (intake.messages, intake.too_large) == (3, 3)


def test_chunks_are_never_longer_than_asked_for():
    spool = Spool(50, 100_000)
    intake = Intake(spool, 0.2)
    chance = random.Random(0)
    steady = 0
    for _ in range(100):
        steady += chance.randrange(NANOSECONDS_PER_SECOND // 100, NANOSECONDS_PER_SECOND // 10)
        intake.add(1, bytes(100), steady, steady, 0)
        intake.end_batch(steady, steady / NANOSECONDS_PER_SECOND)
    times = []
    while (filled := spool.oldest(0.0)) is not None:
        entries = filled.buffer.entries["time"].tolist()
        times += entries
        assert entries[-1] - entries[0] <= 0.3 * NANOSECONDS_PER_SECOND
        spool.done()
    assert times == sorted(times)
    assert len(times) > 90


def safety(level: int, latched: bool = False) -> SafetyView:
    return SafetyView(level, f"R{level}", "because" if level else "", latched)


def test_every_change_of_the_ladder_is_an_event():
    watcher = Watcher()
    assert watcher.safety(safety(3)) == []  # the level at the start is no event
    assert watcher.safety(safety(0)) == [(EVENT_LOWERED, "R0")]
    assert watcher.safety(safety(0)) == []
    assert watcher.safety(safety(1)) == [(EVENT_LEVEL, "R1: because")]
    assert watcher.safety(safety(3, latched=True)) == [(EVENT_LEVEL, "R3: because")]
    assert watcher.safety(SafetyView(4, "R4_PROTECTIVE_FALL", "falls", True)) == [
        (EVENT_FALL, "R4_PROTECTIVE_FALL: falls")
    ]


def test_a_latch_is_an_event():
    watcher = Watcher()
    watcher.safety(safety(2))
    assert watcher.safety(safety(2, latched=True)) == [(EVENT_LATCH, "R2: because")]
    assert watcher.gate(GateView(False, "")) == []
    assert watcher.gate(GateView(True, "no command")) == [(EVENT_LATCH, "gate: no command")]
    assert watcher.gate(GateView(True, "no command")) == []


def lean(degrees: float) -> tuple[float, float, float]:
    angle = math.radians(degrees)
    return 9.81 * math.sin(angle), 0.0, 9.81 * math.cos(angle)


def test_lying_is_a_fall_once_and_a_blow_is_none():
    watcher = Watcher()
    assert not watcher.specific_force(lean(80.0), 0.0)
    assert not watcher.specific_force(lean(5.0), 0.3)
    assert not watcher.specific_force(lean(80.0), 0.4)
    assert not watcher.specific_force(lean(80.0), 0.8)
    [(kind, text)] = watcher.specific_force(lean(80.0), 0.9)
    assert kind == EVENT_FALL
    assert "80 degrees" in text
    assert not watcher.specific_force(lean(85.0), 5.0)
    assert not watcher.specific_force(lean(40.0), 6.0)  # has not stood up again
    assert not watcher.specific_force(lean(80.0), 7.0)
    assert not watcher.specific_force(lean(80.0), 8.0)
    assert not watcher.specific_force(lean(10.0), 9.0)
    assert not watcher.specific_force(lean(80.0), 10.0)
    assert watcher.specific_force(lean(80.0), 10.6)


@pytest.mark.parametrize("force", [(0.1, 0.0, 0.1), (math.nan, 0.0, 0.0), (0.0, 0.0, 0.0)])
def test_in_the_air_and_without_an_imu_there_is_no_down(force: tuple[float, float, float]):
    watcher = Watcher()
    assert not any(watcher.specific_force(force, 0.1 * tick) for tick in range(100))


def test_an_injected_fault_is_an_event_when_it_sets_in():
    assert Watcher.fault("imu.stuck", "", True) == [(EVENT_FAULT, "imu.stuck")]
    assert Watcher.fault("drive.lock", "l_knee", True) == [(EVENT_FAULT, "drive.lock l_knee")]
    assert Watcher.fault("imu.stuck", "", False) == []
