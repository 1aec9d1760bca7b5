# SPDX-License-Identifier: Apache-2.0
"""Checks that event files hold all around an event, in a format that others read."""

import os
from pathlib import Path

import pytest
from mcap.reader import NonSeekingReader, make_reader
from mcap.records import ChunkIndex
from mcap.stream_reader import StreamReader
from recorder_samples import BEGIN, CONFIG, Recorder, recording_in
from talus_core.physics import NANOSECONDS_PER_SECOND
from talus_recorder.config import RecorderConfig
from talus_recorder.disk.storage import Disk
from talus_recorder.format.read_back import read_back
from talus_recorder.happenings.events import EVENT_END, EVENT_FALL, EVENT_LEVEL, EVENT_START
from talus_recorder.recover import recover_rings


def seconds(stream) -> list[float]:
    """Return timeline seconds of every message of the first channel."""
    reader = make_reader(stream, validate_crcs=True)
    return [
        (message.log_time - BEGIN) / NANOSECONDS_PER_SECOND
        for _, _, message in reader.iter_messages(topics=["/state"])
    ]


def test_a_file_holds_every_message_from_before_to_after_the_event(tmp_path: Path):
    recorder = Recorder(recording_in(tmp_path))
    recorder.run(10.0)
    recorder.event(EVENT_LEVEL, "R3: asked for")
    recorder.run(5.0)
    path = recorder.close()[0]
    with path.open("rb") as file:
        times = seconds(file)
    assert times[0] <= 8.0
    assert times[-1] >= 11.0
    # Whole chunks, one more before the event, since it is heard up to a chunk late, and nothing
    # missing between them.
    assert times[0] > 8.0 - 3 * CONFIG.chunk_s
    assert times[-1] < 11.0 + 2 * CONFIG.chunk_s
    assert times == pytest.approx([times[0] + 0.02 * n for n in range(len(times))])


def test_both_readers_of_the_mcap_package_agree_and_every_crc_is_right(tmp_path: Path):
    recorder = Recorder(recording_in(tmp_path))
    recorder.run(1.0)
    recorder.event()
    recorder.run(2.0)
    path = recorder.close()[0]
    with path.open("rb") as file:
        indexed = [
            (channel.topic, message.data)
            for _, channel, message in make_reader(file).iter_messages()
        ]
    with path.open("rb") as file:
        reader = NonSeekingReader(file, validate_crcs=True)
        streamed = [(channel.topic, message.data) for _, channel, message in reader.iter_messages()]
        assert len(indexed) == len(streamed) > 100
        assert sorted(indexed) == sorted(streamed)
    with path.open("rb") as file:
        records = list(StreamReader(file, validate_crcs=True, emit_chunks=True).records)
    chunks = [record for record in records if isinstance(record, ChunkIndex)]
    assert all(
        chunk.message_end_time - chunk.message_start_time <= 1.0 * NANOSECONDS_PER_SECOND
        for chunk in chunks
    )


def test_header_schemas_and_channels_are_those_of_a_ros2_bag(tmp_path: Path):
    recorder = Recorder(recording_in(tmp_path))
    recorder.event()
    recorder.run(1.0)
    with recorder.close()[0].open("rb") as file:
        reader = make_reader(file)
        assert reader.get_header().profile == "ros2"
        summary = reader.get_summary()
    assert {channel.topic: channel.message_encoding for channel in summary.channels.values()} == {
        "/state": "cdr",
        "/command": "cdr",
    }
    assert [(s.name, s.encoding) for s in summary.schemas.values()] == [
        ("std_msgs/msg/String", "ros2msg")
    ]


def test_metadata_tell_what_happened(tmp_path: Path):
    recorder = Recorder(recording_in(tmp_path))
    recorder.run(1.0)
    recorder.event(EVENT_LEVEL, "R3: asked for")
    recorder.run(0.5)
    with recorder.close()[0].open("rb") as file:
        told = {record.name: record.metadata for record in make_reader(file).iter_metadata()}
    assert told["talus.origin"]["process"] == "one"
    assert (told["talus.event"]["kind"], told["talus.event"]["text"]) == (
        EVENT_LEVEL,
        "R3: asked for",
    )
    assert float(told["talus.event"]["robot_time"]) == pytest.approx(2.0)
    assert told["talus.seal"]["number"] == "1"


def test_events_near_one_another_share_a_file_and_the_worst_names_it(tmp_path: Path):
    recorder = Recorder(recording_in(tmp_path))
    recorder.event(EVENT_START)
    recorder.run(0.6)
    recorder.event(EVENT_FALL, "it leans")
    recorder.run(4.0)
    recorder.event(EVENT_END)
    recorder.run(0.1)
    names = [path.name for path in recorder.close()]
    assert [name.split("-")[0] for name in names] == ["000001", "000002"]
    assert names[0].endswith("-fall.mcap")
    assert names[1].endswith("-end.mcap")


def test_events_without_end_are_cut_into_files_that_lose_nothing(tmp_path: Path):
    config = RecorderConfig(before_s=1.0, after_s=1.0, longest_s=3.0, segment_s=1.0, keep_free_mb=0)
    recorder = Recorder(recording_in(tmp_path, config=config))
    for _ in range(20):
        recorder.event(EVENT_LEVEL)
        recorder.run(0.5)
    times: set[float] = set()
    files = recorder.close()
    for path in files:
        with path.open("rb") as file:
            found = [round(time, 2) for time in seconds(file)]
        assert found[-1] - found[0] < 1.0 + 3.0 + 1.0
        times |= set(found)
    assert len(files) > 2
    assert len(times) == 500


def test_the_ring_on_disk_stays_short_and_goes_at_the_end(tmp_path: Path):
    recorder = Recorder(recording_in(tmp_path))
    for _ in range(10):
        recorder.run(2.0)
        segments = list(recorder.recording.ring.glob("*.mcap"))
        assert (
            len(segments) <= 5
        )  # 2 s before, in files of 1 s, and those begun and ended meanwhile
    assert recorder.close() == []
    assert [path.name for path in tmp_path.iterdir() if path.name != ".lock"] == []


def test_an_event_without_a_message_makes_a_file_too(tmp_path: Path):
    recorder = Recorder(recording_in(tmp_path))
    recorder.run(2.0)
    recorder.intake.flush()
    recorder.event(EVENT_END, "when everybody else is gone")
    [path] = recorder.close()
    with path.open("rb") as file:
        assert read_back(file).counts["/state"] == 100


def test_an_interrupted_recording_is_kept_by_the_next_one(tmp_path: Path):
    first = Recorder(recording_in(tmp_path))
    first.run(1.0)
    first.event(EVENT_FALL, "and then it was killed")
    first.run(0.5)
    # the kernel does this when a process ends
    os.close(first.storage._claims.pop(first.recording.ring))
    [path] = recover_rings(Disk(), recording_in(tmp_path, "two"))
    assert path.name.endswith("-fall.mcap")
    with path.open("rb") as file:
        assert seconds(file)[-1] == pytest.approx(1.5, abs=0.25)
    assert not first.recording.ring.exists()


def test_a_living_recording_is_left_alone(tmp_path: Path):
    first = Recorder(recording_in(tmp_path))
    first.run(1.0)
    assert recover_rings(Disk(), recording_in(tmp_path, "two")) == []
    first.event()
    first.run(0.2)
    with first.close()[0].open("rb") as file:
        assert read_back(file).counts["/state"] == 60
