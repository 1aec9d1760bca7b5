# SPDX-License-Identifier: Apache-2.0
"""Checks that after power cuts and kills all but the last half second is readable."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from mcap.reader import make_reader
from recorder_samples import BEGIN, CUT_CHANNELS, Recorder, recording_in
from talus_core.physics import NANOSECONDS_PER_SECOND
from talus_recorder.disk import cut_disk
from talus_recorder.disk.power_cuts import power_cuts
from talus_recorder.disk.storage import Disk
from talus_recorder.format.chain import Digest
from talus_recorder.format.read_back import read_back
from talus_recorder.recover import main, recover_rings
from talus_recorder.verify import verify_data, verify_folder

# Wall time in which a process that writes all the time is killed; a segment lasts a tenth of that.
KILLS = 8
WRITER = """
import sys, time
sys.path.insert(0, sys.argv[2])
from pathlib import Path
from recorder_samples import Recorder, recording_in
recorder = Recorder(recording_in(Path(sys.argv[1])))
recorder.event()
print("ready", flush=True)
while True:
    recorder.run(0.1)
    print(f"{recorder.now:.2f}", flush=True)
"""


def test_no_power_cut_leaves_an_unreadable_file_or_costs_more_than_half_a_second():
    result = power_cuts(200)
    assert (result.n, result.unreadable, result.reasons) == (200, 0, ())
    assert 0.0 < result.max_loss_s <= 0.5


@pytest.mark.parametrize("method", ["sync", "sync_folder"])
def test_the_cuts_find_a_recorder_that_does_not_sync(monkeypatch: pytest.MonkeyPatch, method: str):
    owner = cut_disk.CutFile if method == "sync" else cut_disk.CutDisk
    monkeypatch.setattr(owner, method, lambda *_: None)
    result = power_cuts(60)
    assert result.unreadable or result.max_loss_s > 0.5


def test_a_killed_recorder_loses_nothing_that_it_had_written(tmp_path: Path):
    chance = random.Random(3)
    for number in range(KILLS):
        folder = tmp_path / str(number)
        words = [sys.executable, "-c", WRITER, str(folder), str(Path(__file__).parent)]
        process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
        assert process.stdout.readline() == "ready\n"
        lines = [process.stdout.readline() for _ in range(chance.randrange(1, 60))]
        time.sleep(chance.uniform(0.0, 0.01))
        os.kill(process.pid, signal.SIGKILL)
        rest, _ = process.communicate()
        written = float(
            (lines + rest.splitlines(keepends=True))[-1 if not rest or rest.endswith("\n") else -2]
        )
        made = recover_rings(Disk(), recording_in(folder, "two"))
        assert verify_folder(Disk(), folder, Digest()) == {}
        files = [*folder.glob("*.mcap")]
        assert made
        last = 0
        for path in files:
            with path.open("rb") as file:
                last = max(last, read_back(file).last)
        assert (last - BEGIN) / NANOSECONDS_PER_SECOND >= written - 0.5


@pytest.fixture(scope="module")
def segment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a file of the ring."""
    recorder = Recorder(recording_in(tmp_path_factory.mktemp("ring")))
    recorder.run(0.9)
    return next(recorder.recording.ring.glob("*.mcap"))


def test_recover_makes_a_readable_file_of_any_cut(
    segment: Path, tmp_path: Path, capsys: pytest.CaptureFixture
):
    data = segment.read_bytes()
    chance = random.Random(4)
    least = 400  # least length with the channels in it
    for number, size in enumerate(
        [len(data), *(chance.randrange(least, len(data)) for _ in range(60))]
    ):
        path = tmp_path / f"{number}.mcap"
        path.write_bytes(data[:size] + chance.randbytes(chance.choice((0, 0, 50))))
        assert main([str(path)]) == 0
        recovered = tmp_path / f"{number}.recovered.mcap"
        with recovered.open("rb") as file:
            kept = read_back(file)
        assert verify_data(recovered.read_bytes(), Digest()).problems == ()
        if kept.last:
            assert kept.counts["/state"] == kept.counts["/command"]
        assert ((kept.last or BEGIN) - BEGIN) / NANOSECONDS_PER_SECOND >= 0.8 * size / len(
            data
        ) - 0.35
    assert "read back" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("content", "said"), [(b"", "no MCAP file"), (b"x" * 500, "no MCAP file"), (None, "No such")]
)
def test_recover_refuses_what_is_no_recording_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture, content: bytes | None, said: str
):
    path = tmp_path / "file.mcap"
    if content is not None:
        path.write_bytes(content)
    assert main([str(path)]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


def test_what_was_recovered_has_the_channels_of_the_recording(segment: Path, tmp_path: Path):
    path = tmp_path / "cut.mcap"
    path.write_bytes(segment.read_bytes()[:-30])
    assert main([str(path)]) == 0
    with (tmp_path / "cut.recovered.mcap").open("rb") as file:
        summary = make_reader(file).get_summary()
    assert {c.topic for c in summary.channels.values()} == {c.topic for c in CUT_CHANNELS}
