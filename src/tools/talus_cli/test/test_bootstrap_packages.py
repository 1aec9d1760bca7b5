# SPDX-License-Identifier: Apache-2.0
"""Checks that the lock file is locked, and that its installation survives being cut."""

import re

import pytest
from talus_cli.bootstrap.errors import BootstrapError
from talus_cli.bootstrap.installing import venv
from talus_cli.bootstrap.installing.packages import (
    BROUGHT_BY_ROS,
    BUILD_TOOLS,
    _Pip,
    lock_rows,
    remove_half_installed,
)
from talus_cli.bootstrap.installing.venv import make_venv
from talus_cli.bootstrap.workspace import Workspace

HERE = Workspace.here({})
ROWS = lock_rows(HERE.lock_file.read_text())


def test_every_row_is_pinned_and_hashed():
    assert len(ROWS) > 100
    for row in (row for rows in ROWS.values() for row in rows):
        assert re.match(r"[\w.-]+==[\w.]+( ;|\s)", row), row
        assert re.search(r"--hash=sha256:[0-9a-f]{64}\b", row), row


def test_lock_file_names_no_registry():
    text = HERE.lock_file.read_text()
    assert not re.search(r"://|@ |--(extra-)?index-url|--find-links|file:", text)


def test_lock_file_holds_all_that_is_required():
    lines = (HERE.lock_file.parent / "requirements.in").read_text().splitlines()
    required = {
        re.match(r"[\w.-]+", line)[0].lower() for line in lines if line and not line.startswith("#")
    }
    assert required - set(ROWS) == set()


def test_mujoco_is_one_version_on_every_python():
    assert [row.split()[0] for row in ROWS["mujoco"]] == ["mujoco==3.17.0"]


def test_build_tools_come_with_any_ros():
    assert not any(name.startswith(BROUGHT_BY_ROS) for name in BUILD_TOOLS)
    assert set(BUILD_TOOLS) <= set(ROWS)


def test_rows_of_one_package_stay_together():
    rows = lock_rows(
        "# comment\na==1 ; x \\\n    --hash=sha256:0\n"
        "a==2 ; y \\\n    --hash=sha256:1\nb==3\n    # via a\n"
    )
    assert {name: len(found) for name, found in rows.items()} == {"a": 2, "b": 1}


def test_half_installed_package_is_forgotten(tmp_path):
    for name, files in (("whole-1", ["METADATA", "RECORD"]), ("cut-1", ["METADATA"])):
        (tmp_path / f"{name}.dist-info").mkdir()
        for file in files:
            (tmp_path / f"{name}.dist-info" / file).touch()
    remove_half_installed(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["whole-1.dist-info"]


@pytest.mark.parametrize(
    ("output", "remedy"),
    [
        ("ERROR: Could not install: [Errno 28] No space left on device", "the disk is full"),
        (
            "WARNING: Retrying: Failed to establish a new connection: [Errno 101]\n"
            "ERROR: No matching distribution",
            "no network",
        ),
        (
            "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE",
            "config/python/lock.txt",
        ),
        ("Collecting a\nERROR: something new", "something new"),
        ("", "no reason given"),
    ],
)
def test_failure_is_one_line_with_its_remedy(tmp_path, output, remedy):
    workspace = Workspace(tmp_path)
    workspace.python.parent.mkdir(parents=True)
    workspace.python.write_text(f"#!/bin/sh\nprintf '%s\\n' '{output}'\nexit 1\n")
    workspace.python.chmod(0o755)
    with pytest.raises(BootstrapError, match=remedy) as error, open(tmp_path / "lock", "w") as lock:
        _Pip(workspace, lock.fileno()).install({"a": ["a==1"]})
    assert "\n" not in str(error.value)


def test_venv_is_made_once_and_again_where_the_checkout_was_moved(tmp_path):
    here = Workspace(tmp_path / "here")
    here.root.mkdir()
    make_venv(here)
    mark = here.venv / "mark"
    mark.touch()
    make_venv(here)
    assert mark.exists()
    there = Workspace(here.root.rename(tmp_path / "there"))
    make_venv(there)
    assert not (there.venv / "mark").exists()
    assert str(there.venv) in (there.venv / "bin" / "pip").read_text()


def test_full_disk_is_named_before_anything_is_made(tmp_path, monkeypatch):
    monkeypatch.setattr(venv, "NEEDED_BYTES", 1 << 60)
    with pytest.raises(BootstrapError, match="too little space"):
        make_venv(Workspace(tmp_path))
    assert not (tmp_path / ".venv").exists()
