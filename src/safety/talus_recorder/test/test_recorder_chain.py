# SPDX-License-Identifier: Apache-2.0
"""Checks that every change in a finished recording shows, and with a key even forgeries."""

import random
from pathlib import Path

import pytest
from recorder_samples import Recorder, recording_in
from talus_recorder.disk.archive import NOTE_FILE
from talus_recorder.disk.storage import Disk
from talus_recorder.format.chain import Digest
from talus_recorder.format.scan import scan
from talus_recorder.happenings.events import EVENT_LEVEL, EVENT_START
from talus_recorder.verify import main, verify_data, verify_folder

KEY = b"a secret of sixteen bytes or more"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make three event files."""
    folder = tmp_path_factory.mktemp("black_box")
    recorder = Recorder(recording_in(folder))
    for kind in (EVENT_START, EVENT_LEVEL, EVENT_LEVEL):
        recorder.event(kind, "asked for")
        recorder.run(4.0)
    assert len(recorder.close()) == 3
    return folder


@pytest.fixture
def copy(folder: Path, tmp_path: Path) -> Path:
    for path in folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    return tmp_path


def files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.mcap"))


def test_untouched_files_verify(folder: Path, capsys: pytest.CaptureFixture):
    assert verify_folder(Disk(), folder, Digest()) == {}
    assert main([str(folder), str(files(folder)[0])]) == 0
    assert "untouched" in capsys.readouterr().out


def test_every_flipped_bit_shows(folder: Path):
    data = files(folder)[1].read_bytes()
    chance = random.Random(1)
    # Every byte of the begin, of the end, and many in between.
    places = [
        *range(2500),
        *range(len(data) - 3500, len(data)),
        *(chance.randrange(len(data)) for _ in range(300)),
    ]
    for place in places[:: 1 if len(places) < 1000 else 7]:
        changed = bytearray(data)
        changed[place] ^= 1 << chance.randrange(8)
        assert verify_data(bytes(changed), Digest()).problems, place


def test_every_truncation_shows(folder: Path):
    data = files(folder)[0].read_bytes()
    chance = random.Random(2)
    for size in [0, 1, 8, len(data) - 1, *(chance.randrange(len(data)) for _ in range(100))]:
        assert verify_data(data[:size], Digest()).problems, size


def test_bytes_behind_the_end_show(folder: Path):
    assert verify_data(files(folder)[0].read_bytes() + b"\0", Digest()).problems


def test_a_chunk_that_is_taken_out_shows(folder: Path):
    data = files(folder)[0].read_bytes()
    for group in scan(data).groups:
        cut = data[: group.offset] + data[group.offset + group.length :]
        assert verify_data(cut, Digest()).problems


def test_chunks_in_another_order_show(folder: Path):
    data = files(folder)[0].read_bytes()
    one, two = scan(data).groups[1:3]
    parts = (
        data[: one.offset],
        data[one.offset : two.offset],
        data[two.offset : two.offset + two.length],
    )
    swapped = parts[0] + parts[2] + parts[1] + data[two.offset + two.length :]
    assert verify_data(swapped, Digest()).problems


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_missing_file_shows(copy: Path, place: int):
    files(copy)[place].unlink()
    assert verify_folder(Disk(), copy, Digest())


def test_a_missing_or_changed_note_shows(copy: Path):
    text = (copy / NOTE_FILE).read_text()
    (copy / NOTE_FILE).write_text(text.replace('"last": 3', '"last": 2'))
    assert verify_folder(Disk(), copy, Digest())
    (copy / NOTE_FILE).unlink()
    assert verify_folder(Disk(), copy, Digest())


def test_a_file_in_the_place_of_another_shows(copy: Path, tmp_path_factory: pytest.TempPathFactory):
    other = Recorder(recording_in(tmp_path_factory.mktemp("other"), "two"))
    other.event()
    other.run(1.0)
    files(copy)[0].write_bytes(other.close()[0].read_bytes())
    assert verify_folder(Disk(), copy, Digest())


def test_with_a_key_nobody_else_can_make_a_chain(tmp_path: Path, capsys: pytest.CaptureFixture):
    recorder = Recorder(recording_in(tmp_path, key=KEY))
    recorder.event()
    recorder.run(1.0)
    data = recorder.close()[0].read_bytes()
    assert verify_data(data, Digest(KEY)).problems == ()
    assert verify_data(data, Digest()).problems
    # A forger without the key can only record anew and call it signed.
    forged = Recorder(recording_in(tmp_path / "forged", key=b"some other key of 16 bytes"))
    forged.event()
    forged.run(1.0)
    assert verify_data(forged.close()[0].read_bytes(), Digest(KEY)).problems
    (tmp_path / "key").write_bytes(KEY + b"\n")
    assert main(["--key-file", str(tmp_path / "key"), str(tmp_path)]) == 0
    capsys.readouterr()


@pytest.mark.parametrize(("content", "said"), [(b"short", "at least 16"), (None, "No such file")])
def test_a_key_that_is_none_is_refused_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture, content: bytes | None, said: str
):
    if content is not None:
        (tmp_path / "key").write_bytes(content)
    assert main(["--key-file", str(tmp_path / "key"), str(tmp_path)]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
