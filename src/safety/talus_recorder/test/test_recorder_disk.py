# SPDX-License-Identifier: Apache-2.0
"""Checks that the recorder goes on with a full, slow or missing disk, and says so."""

import errno
import time
from pathlib import Path
from threading import Event

import pytest
from recorder_samples import CONFIG, Recorder, recording_in
from talus_core.physics import NANOSECONDS_PER_SECOND
from talus_recorder.config import RecorderConfig
from talus_recorder.disk.archive import Archive
from talus_recorder.disk.black_box import DiskFullError
from talus_recorder.disk.disk_thread import DiskThread
from talus_recorder.disk.spool import Spool
from talus_recorder.disk.storage import Disk
from talus_recorder.format.chain import Digest
from talus_recorder.format.read_back import read_back
from talus_recorder.happenings.events import EVENT_FALL, EVENT_START, Happening
from talus_recorder.listening.intake import Intake
from talus_recorder.status import StatusOf
from talus_recorder.verify import verify_folder


class FullDisk(Disk):
    """Takes nothing while it is full, and then the half of what it is given."""

    is_full = False

    def create(self, path: Path):
        file = super().create(path)
        disk = self

        class Half:
            def write(self, parts):
                if disk.is_full:
                    data = b"".join(bytes(part) for part in parts)
                    file.write([data[: len(data) // 2]])
                    raise OSError(errno.ENOSPC, "No space left on device")
                file.write(parts)

            sync = file.sync
            close = file.close

        return Half()


def test_what_the_full_disk_refused_is_written_when_it_has_room(tmp_path: Path):
    disk = FullDisk()
    recorder = Recorder(recording_in(tmp_path), disk)
    recorder.run(1.0)
    disk.is_full = True
    recorder.run(0.5, writes=False)
    recorder.event()
    recorder.run(0.5, writes=False)
    with pytest.raises(OSError, match="No space"):
        recorder.write()
    disk.is_full = False
    recorder.write()
    recorder.run(0.4)
    with recorder.close()[0].open("rb") as file:
        kept = read_back(file)
    assert kept.counts["/state"] == 120
    assert recorder.spool.dropped == 0
    assert verify_folder(Disk(), tmp_path, Digest()) == {}


def test_while_it_is_full_the_oldest_goes_and_is_counted(tmp_path: Path):
    recorder = Recorder(recording_in(tmp_path))
    recorder.event(EVENT_FALL, "told while the disk was away")
    recorder.run(10.0, writes=False)
    assert recorder.spool.dropped > 0
    recorder.run(0.5)
    [path] = recorder.close()
    with path.open("rb") as file:
        kept = read_back(file)
    assert path.name.endswith("-fall.mcap")
    assert kept.counts.total() >= 200
    assert (kept.last - kept.first) / NANOSECONDS_PER_SECOND > 2.0  # what the memory held
    assert verify_folder(Disk(), tmp_path, Digest()) == {}


def test_room_is_left_to_others(tmp_path: Path):
    config = RecorderConfig(keep_free_mb=1_000_000)
    recorder = Recorder(recording_in(tmp_path, config=config))
    with pytest.raises(DiskFullError, match="keep_free_mb"):
        recorder.run(1.0)


def test_the_quota_takes_routine_files_first_and_of_each_the_oldest(tmp_path: Path):
    recorder = Recorder(recording_in(tmp_path))
    for kind in (EVENT_FALL, EVENT_START, EVENT_FALL, EVENT_START):
        recorder.event(kind)
        recorder.run(4.0)
    names = [path.name for path in recorder.close()]
    sizes = [(tmp_path / name).stat().st_size for name in names]
    archive = Archive(Disk(), tmp_path, Digest(), sum(sizes))
    assert archive.make_room(1) == [names[1]]
    assert verify_folder(Disk(), tmp_path, Digest()) == {}
    assert archive.make_room(sizes[1] + sizes[3] + 1) == [names[3], names[0]]
    assert archive.files == [names[2]]
    assert verify_folder(Disk(), tmp_path, Digest()) == {}


class Threaded:
    """Runs a recorder with its disk thread."""

    def __init__(self, folder: Path, disk: Disk):
        self.said: list[str] = []
        self.spool = Spool(buffers=4, capacity=4000)
        self.intake = Intake(self.spool, 0.01)
        self.disk = DiskThread(
            disk, recording_in(folder), self.spool, lambda path: None, self.said.append
        )
        self.status = StatusOf(self.intake, self.spool, self.disk)
        self.now = 0.0

    def feed(self, chunks: int) -> None:
        for _ in range(chunks):
            self.now += 0.02
            for _ in range(10):
                self.intake.add(1, bytes(50), round(self.now * NANOSECONDS_PER_SECOND), 0, 0)
            self.intake.end_batch(round(self.now * NANOSECONDS_PER_SECOND), self.now)

    def until(self, is_so) -> None:
        deadline = time.monotonic() + 300.0
        while not is_so():
            assert time.monotonic() < deadline
            time.sleep(0.01)


def test_a_folder_that_cannot_be_made_is_told_and_stops_nobody(tmp_path: Path):
    (tmp_path / "file").write_text("")
    threaded = Threaded(tmp_path / "file" / "black_box", Disk())
    threaded.until(lambda: threaded.disk.problem)
    threaded.feed(20)
    status = threaded.status.now()
    assert status.severity == 2
    assert "not recording to disk" in status.message
    assert status.values["dropped"] > 0
    assert len(threaded.said) == 1  # once, not every second
    (tmp_path / "file").unlink()
    threaded.until(lambda: not threaded.disk.problem)
    threaded.intake.hear(Happening(EVENT_START, "", 1, threaded.now, 0.0))
    threaded.feed(5)
    threaded.disk.close()
    assert len([*(tmp_path / "file" / "black_box").glob("*-start.mcap")]) == 1


class HeldDisk(Disk):
    """Does nothing until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.may_go = Event()

    def free(self, folder: Path) -> int:
        self.may_go.wait()
        return super().free(folder)


def test_nothing_waits_for_the_disk(tmp_path: Path):
    held = HeldDisk()
    threaded = Threaded(tmp_path, held)
    threaded.feed(20)  # would never end
    held.may_go.set()
    threaded.disk.close()


class SlowDisk(Disk):
    """Delays every write to the disk."""

    def free(self, folder: Path) -> int:
        time.sleep(0.3)
        return super().free(folder)


def test_a_slow_disk_is_told(tmp_path: Path):
    threaded = Threaded(tmp_path, SlowDisk())
    threaded.feed(3)
    threaded.until(lambda: threaded.disk.slowest_write_s > 0.0)
    status = threaded.status.now()
    threaded.disk.close()
    assert status.severity == 1
    slowest = status.values["slowest_write_s"]
    assert slowest >= 0.3
    assert f"the disk took {slowest:.2f} s" in status.message
    assert CONFIG.chunk_s < 0.25
