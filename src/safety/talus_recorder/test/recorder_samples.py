# SPDX-License-Identifier: Apache-2.0
"""Makes a small recording, as the node would, for the tests."""

from __future__ import annotations

from pathlib import Path

from talus_core.physics import NANOSECONDS_PER_SECOND
from talus_recorder.config import RecorderConfig
from talus_recorder.disk.black_box import BlackBox
from talus_recorder.disk.spool import Spool
from talus_recorder.disk.storage import Disk, Storage
from talus_recorder.format.chain import Digest
from talus_recorder.format.layout import RecordedChannel
from talus_recorder.happenings.events import EVENT_START, Happening
from talus_recorder.listening.intake import Intake
from talus_recorder.recording import Recording

BEGIN = 1_700_000_000 * NANOSECONDS_PER_SECOND  # log time at 0 s of the timeline
CUT_CHANNELS = (
    RecordedChannel("/state", "std_msgs/msg/String", "string data"),
    RecordedChannel("/command", "std_msgs/msg/String", "string data"),
)
CONFIG = RecorderConfig(
    before_s=2.0, after_s=1.0, segment_s=1.0, chunk_s=0.2, quota_mb=100, keep_free_mb=0
)


def recording_in(
    folder: Path, process: str = "one", config: RecorderConfig = CONFIG, key: bytes = b""
) -> Recording:
    return Recording(folder, CUT_CHANNELS, {"process": process}, config, Digest(key))


class Recorder:
    """Runs the whole recorder on one thread, with 50 messages of each channel a second."""

    def __init__(self, recording: Recording, storage: Storage | None = None):
        self.storage = storage or Disk()
        self.recording = recording
        self.spool = Spool(buffers=12, capacity=30_000)
        self.intake = Intake(self.spool, recording.config.chunk_s)
        self.box = BlackBox(self.storage, recording)
        self.now = 0.0

    def run(self, seconds: float, writes: bool = True) -> None:
        """Record; without `writes` the disk takes nothing meanwhile."""
        for _ in range(round(seconds / 0.02)):
            self.now += 0.02
            time = BEGIN + round(self.now * NANOSECONDS_PER_SECOND)
            for channel in (1, 2):
                self.intake.add(
                    channel, f"{channel} {self.now:.2f}".encode().ljust(100), time, time - 1000, 0
                )
            self.intake.end_batch(round(self.now * NANOSECONDS_PER_SECOND), self.now)
            if writes:
                self.write()

    def event(self, kind: str = EVENT_START, text: str = "") -> None:
        """Make an event happen now."""
        self.intake.hear(
            Happening(
                kind,
                text,
                BEGIN + round(self.now * NANOSECONDS_PER_SECOND),
                self.now,
                2.0 * self.now,
            )
        )

    def write(self) -> None:
        while (filled := self.spool.oldest(0.0)) is not None:
            try:
                self.box.write(filled)
            except OSError:
                self.spool.not_done()
                raise
            self.spool.done()
        while self.box.work():
            pass

    def close(self) -> list[Path]:
        """Finish and return the event files."""
        self.intake.flush()
        self.write()
        self.box.close()
        return self.box.files
