# SPDX-License-Identifier: Apache-2.0
"""Repairs the CMake files of the ROS 2 wheels.

They carry the paths of the machine that built them, and read lists of paths as if all were ASCII.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from talus_cli.bootstrap.workspace import Workspace

_BUILDER = rb"/opt/python/cp3\d+-cp3\d+"
_PYTHON_HEADERS = re.compile(_BUILDER + rb"/include/python3\.\d+")
_NUMPY_HEADERS = re.compile(_BUILDER + rb"/lib/python3\.\d+/site-packages/numpy/_core/include")
# rosidl_adapter, 4.9: without the encoding CMake cuts paths at letters such as umlauts.
_ASCII_PATHS = b'file(STRINGS "${idl_output}" idl_tuples)'
_UTF_8_PATHS = b'file(STRINGS "${idl_output}" idl_tuples ENCODING UTF-8)'


def repair(workspace: Workspace) -> int:
    """Point every builder's header path at this environment's headers; let paths be UTF-8.

    Returns how many files changed. Idempotent.
    """
    ask = (
        "import numpy, sysconfig; "
        "print(sysconfig.get_paths()['include']); print(numpy.get_include())"
    )
    answer = subprocess.run([workspace.python, "-c", ask], check=True, capture_output=True)
    python_headers, numpy_headers = answer.stdout.split(b"\n")[:2]
    return sum(
        _repair(path, python_headers, numpy_headers)
        for path in (workspace.venv / "share").rglob("*.cmake")
    )


def _repair(path: Path, python_headers: bytes, numpy_headers: bytes) -> bool:
    before = path.read_bytes()
    after = _NUMPY_HEADERS.sub(lambda _: numpy_headers, before)
    after = _PYTHON_HEADERS.sub(lambda _: python_headers, after)
    after = after.replace(_ASCII_PATHS, _UTF_8_PATHS)
    if after != before:
        path.write_bytes(after)
    return after != before
