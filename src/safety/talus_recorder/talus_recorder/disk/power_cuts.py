# SPDX-License-Identifier: Apache-2.0
"""Cuts the power of a recorder at random bytes, boots it again, and reads what is left.

Tests and benchmarks use it.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

from talus_core.physics import NANOSECONDS_PER_SECOND

from talus_recorder.config import RecorderConfig
from talus_recorder.disk.archive import number_of
from talus_recorder.disk.black_box import BlackBox
from talus_recorder.disk.cut_disk import CutDisk, PowerCutError
from talus_recorder.disk.spool import Spool
from talus_recorder.errors import RecorderError
from talus_recorder.format.chain import Digest
from talus_recorder.format.layout import RecordedChannel
from talus_recorder.format.read_back import read_back
from talus_recorder.happenings.events import EVENT_END, EVENT_FALL, EVENT_START, Happening
from talus_recorder.listening.intake import Clocks, Intake, LogTime
from talus_recorder.recording import Recording
from talus_recorder.recover import recover_rings
from talus_recorder.verify import verify_folder

CUT_FOLDER = Path("/black_box")
CUT_CHANNELS = [
    RecordedChannel(f"/{name}", "std_msgs/msg/String", "string data")
    for name in ("state", "command", "beat")
]
# Times are short and messages small, so that every kind of moment comes within a few simulated
# seconds.
CONFIG = RecorderConfig(before_s=2.0, after_s=1.0, longest_s=4.0, segment_s=0.7, keep_free_mb=0)
MESSAGE_S = 0.02
DURATION_S = 8.0
BEGIN_NS = 1_700_000_000 * NANOSECONDS_PER_SECOND
SECOND_CUT_SHARE = 0.25  # share of cuts that are followed by another one, in the recovery


@dataclass(frozen=True)
class PowerCuts:
    """Hold the result of power cuts.

    Attributes:
        n: Recorders whose power was cut, each at a byte of its own.
        unreadable: After how many of them a file was not readable, changed, or missing.
        max_loss_s: Longest time before a cut of which nothing was found.
        reasons: Why each unreadable one is so.
    """

    n: int
    unreadable: int
    max_loss_s: float
    reasons: tuple[str, ...]


def power_cuts(n: int, seed: int = 0) -> PowerCuts:
    """Cut `n` recordings of a few simulated seconds each."""
    whole = CutDisk(10**9)
    _record(whole, random.Random(seed))
    reasons = []
    losses = [0.0]
    for number in range(n):
        chance = random.Random(f"{seed} {number}")
        try:
            losses.append(_loss_of_cut(chance, chance.randrange(whole.spent)))
        except RecorderError as error:
            reasons.append(f"cut {number}: {error}")
    return PowerCuts(n, len(reasons), max(losses), tuple(reasons))


def _loss_of_cut(chance: random.Random, budget: int) -> float:
    """Return the time in s between the last message on disk and the cut.

    Raises RecorderError where a file is not as it should be.
    """
    disk = CutDisk(budget)
    cut_at = _record(disk, chance)
    disk = disk.after_cut(
        chance, chance.randrange(budget + 1) if chance.random() < SECOND_CUT_SHARE else 10**9
    )
    try:
        recover_rings(disk, _recording("second"))
    except PowerCutError:
        disk = disk.after_cut(chance, 10**9)
        recover_rings(disk, _recording("third"))
    wrong = verify_folder(disk, CUT_FOLDER, Digest())
    if wrong:
        raise RecorderError(str(wrong))
    last = BEGIN_NS
    for name in disk.names(CUT_FOLDER):
        if number_of(name):
            with disk.open(CUT_FOLDER / name) as file:
                last = max(last, read_back(file).last)
    return (cut_at - last) / NANOSECONDS_PER_SECOND


def _recording(process: str) -> Recording:
    return Recording(CUT_FOLDER, CUT_CHANNELS, {"process": process}, CONFIG, Digest())


def _record(disk: CutDisk, chance: random.Random) -> int:
    """Record until the power goes, or to the end; return the log time of that, ns."""
    now = 0.0
    try:
        box = BlackBox(disk, _recording("first"))
        spool = Spool(buffers=8, capacity=16_000)
        intake = Intake(spool, CONFIG.chunk_s)
        log_time = LogTime(Clocks(0, BEGIN_NS))
        fall_at = chance.uniform(1.0, DURATION_S)
        while now < DURATION_S:
            now += CONFIG.chunk_s
            _batch(intake, log_time, now, fall_at)
            _to_disk(spool, box)
        intake.hear(Happening(EVENT_END, "", log_time.now, now, now))
        intake.flush()
        _to_disk(spool, box)
        box.close()
    except PowerCutError:
        pass
    return BEGIN_NS + round(now * NANOSECONDS_PER_SECOND)


def _batch(intake: Intake, log_time: LogTime, now: float, fall_at: float) -> None:
    steady = round(now * NANOSECONDS_PER_SECOND)
    log_time.begin_batch(Clocks(steady, BEGIN_NS + steady))
    for place in range(round(CONFIG.chunk_s / MESSAGE_S)):
        wall = (
            BEGIN_NS + steady - round((CONFIG.chunk_s - place * MESSAGE_S) * NANOSECONDS_PER_SECOND)
        )
        for channel in range(1, len(CUT_CHANNELS) + 1):
            intake.add(
                channel, bytes(40 + 20 * channel), log_time.of(wall), log_time.of(wall), place
            )
    for time, kind in ((CONFIG.chunk_s, EVENT_START), (fall_at, EVENT_FALL)):
        if now - CONFIG.chunk_s < time <= now + 1e-9:
            intake.hear(Happening(kind, "", log_time.now, now, now))
    intake.end_batch(steady, now)


def _to_disk(spool: Spool, box: BlackBox) -> None:
    while (filled := spool.oldest(0.0)) is not None:
        box.write(filled)
        spool.done()
        box.work()
