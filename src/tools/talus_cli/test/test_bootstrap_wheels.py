# SPDX-License-Identifier: Apache-2.0
"""Checks what is mended in the CMake files of the wheels."""

from __future__ import annotations

import sys
from pathlib import Path

from talus_cli.bootstrap.installing.wheels import repair
from talus_cli.bootstrap.workspace import Workspace


def test_header_paths_and_encodings_are_mended_once(tmp_path: Path):
    workspace = Workspace(tmp_path)
    workspace.python.parent.mkdir(parents=True)
    workspace.python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    workspace.python.chmod(0o755)
    share = workspace.venv / "share"
    share.mkdir()
    headers, adapter = share / "rclpy.cmake", share / "adapter.cmake"
    headers.write_text('"/opt/python/cp311-cp311/include/python3.11"')
    adapter.write_text('  file(STRINGS "${idl_output}" idl_tuples)\n')
    (share / "other.cmake").write_text("file(STRINGS a b)")
    assert repair(workspace) == 2
    assert "/opt/python" not in headers.read_text()
    assert adapter.read_text() == '  file(STRINGS "${idl_output}" idl_tuples ENCODING UTF-8)\n'
    assert repair(workspace) == 0
