# SPDX-License-Identifier: Apache-2.0
"""Checks where a run writes on machines where it may not write in the usual places."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path

import pytest
from talus_core.machine import places
from talus_core.machine.places import (
    PlaceError,
    black_box_place,
    check_output_file,
    lock_place,
    log_place,
    ros_log_place,
)

NOWHERE = "/proc/none"


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for temporary files."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def own(temporary: Path) -> Path:
    """This user's part of it."""
    return temporary / f"talus-{os.getuid()}"


def home_of(tmp_path: Path) -> Path:
    home = tmp_path / "zu Hause bei Jörg"
    home.mkdir()
    return home


def test_the_checkout_comes_first_then_home_then_temporary_files(tmp_path, own):
    home = home_of(tmp_path)
    everything = {"TALUS_ROOT": str(tmp_path / "check out"), "HOME": str(home)}
    assert log_place(everything).folder == tmp_path / "check out" / ".talus" / "log"
    assert log_place(everything).reason == ""
    read_only = everything | {"TALUS_ROOT": NOWHERE}
    assert log_place(read_only).folder == home / ".talus" / "log"
    assert log_place(read_only).reason.startswith(f"{NOWHERE}/.talus/log: ")
    as_a_unit = {"TALUS_ROOT": NOWHERE}
    assert log_place(as_a_unit).folder == own / "log"
    assert "HOME is not set" in log_place(as_a_unit).reason
    no_folder = {"TALUS_ROOT": NOWHERE, "HOME": NOWHERE}
    assert f"HOME is '{NOWHERE}', which is no folder" in log_place(no_folder).reason
    assert black_box_place(no_folder).folder == own / "black_box"


def test_what_the_user_names_is_used_or_refused(tmp_path):
    home = {"HOME": str(home_of(tmp_path))}
    assert log_place(home | {"TALUS_LOG_DIR": str(tmp_path)}).folder == tmp_path / "log"
    with pytest.raises(
        PlaceError, match=r"nowhere to write logs \(/proc/none/log: .*\); set TALUS"
    ):
        log_place(home | {"TALUS_LOG_DIR": NOWHERE})
    with pytest.raises(PlaceError, match=r"nowhere to write ROS's logs .*; set ROS_LOG_DIR to"):
        ros_log_place(home | {"ROS_LOG_DIR": NOWHERE})
    with pytest.raises(PlaceError, match=r"nowhere to write ROS's logs .*; set ROS_HOME to"):
        ros_log_place(home | {"ROS_HOME": NOWHERE})


def test_logs_of_ros_stay_where_ros_puts_them_if_it_can(tmp_path, own):
    home = home_of(tmp_path)
    assert ros_log_place({"HOME": str(home)}).folder == home / ".ros" / "log"
    assert ros_log_place({"ROS_HOME": str(tmp_path), "HOME": NOWHERE}).folder == tmp_path / "log"
    elsewhere = ros_log_place({})
    assert (elsewhere.folder, elsewhere.reason) == (own / "ros", "HOME is not set")


def test_somebody_elses_folder_among_temporary_files_is_avoided(tmp_path, temporary, monkeypatch):
    mine = os.getuid()
    monkeypatch.setattr(os, "getuid", lambda: mine + 1)
    (temporary / f"talus-{mine + 1}").mkdir()  # made by `mine`, before us
    with pytest.raises(
        PlaceError, match=rf"talus-{mine + 1} belongs to somebody else\); set TMPDIR"
    ):
        lock_place({})
    with pytest.raises(PlaceError, match=r"belongs to somebody else.*set TALUS_LOG_DIR"):
        log_place({})


def test_a_link_in_the_place_of_a_folder_is_not_followed(tmp_path, temporary, own):
    (tmp_path / "theirs").mkdir()
    own.symlink_to(tmp_path / "theirs")
    runtime = tmp_path / "run"
    place = lock_place({"XDG_RUNTIME_DIR": str(runtime)})
    assert place.folder == runtime / "talus"
    assert f"{own} belongs to somebody else" in place.reason
    assert [*(tmp_path / "theirs").iterdir()] == []


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077])
def test_folders_of_one_user_are_closed_to_others_whatever_the_umask(own, mask):
    before = os.umask(mask)
    try:
        lock_place({})
        assert stat.S_IMODE(own.stat().st_mode) == 0o700
        own.chmod(0o777)
        lock_place({})
        assert stat.S_IMODE(own.stat().st_mode) == 0o700
    finally:
        os.umask(before)


def test_a_full_disk_is_noticed_before_the_run(tmp_path, own, monkeypatch):
    """Entries of a folder still fit on a full disk: the locks, but no logs."""
    made = tempfile.TemporaryFile

    def full(dir):
        class Full:
            def __enter__(self):
                self.file = made(dir=dir)
                return self

            def __exit__(self, *_):
                self.file.close()

            def write(self, data):
                if data:
                    raise OSError(28, "No space left on device")

            def flush(self):
                pass

        return Full()

    monkeypatch.setattr(places.tempfile, "TemporaryFile", full)
    with pytest.raises(PlaceError, match=r"No space left on device.*set TALUS_LOG_DIR"):
        log_place({"TALUS_ROOT": str(tmp_path), "HOME": str(tmp_path)})
    assert lock_place({}).folder == own


def test_no_folder_for_temporary_files(monkeypatch):
    def none() -> str:
        raise FileNotFoundError(2, "No usable temporary directory found")

    monkeypatch.setattr(tempfile, "gettempdir", none)
    with pytest.raises(PlaceError, match=r"nowhere to write locks \(No usable .*set TMPDIR"):
        lock_place({})


def test_a_result_that_could_not_be_written_is_refused_before_the_work(tmp_path):
    check_output_file("--json", None)
    wanted = tmp_path / "Ergebnis für Jörg.json"
    check_output_file("--json", wanted)
    assert not wanted.exists()
    wanted.write_text("{}")
    check_output_file("--json", wanted)
    assert wanted.read_text() == "{}"
    for file, problem in (
        (tmp_path, "Is a directory"),
        (Path(NOWHERE), "No such file"),
        (tmp_path / "none" / "out.json", "there is no folder"),
    ):
        with pytest.raises(PlaceError, match=f"--json {file}: {problem}"):
            check_output_file("--json", file)
