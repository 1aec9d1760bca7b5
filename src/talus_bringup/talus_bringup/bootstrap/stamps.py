# SPDX-License-Identifier: Apache-2.0
"""Small files that say what has been done, written last and whole, and the lock that lets one do it at a time."""

from __future__ import annotations

import fcntl
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


def read_stamp(path: Path) -> Any:
    """What was written, or None if nothing whole is there."""
    try:
        return json.loads(path.read_text())
    except (OSError, ValueError):
        return None


def write_stamp(path: Path, value: Any) -> None:
    """Write so that a kill at any moment leaves the old file or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(f".{os.getpid()}")
    fresh.write_text(json.dumps(value, indent=1))
    fresh.replace(path)


@contextmanager
def exclusive(path: Path) -> Iterator[int]:
    """Hold the lock at `path`, waiting for whoever has it; yields its file descriptor."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            print(
                f"talus: process {file.read().strip() or '?'} prepares this workspace; waiting for it", file=sys.stderr
            )
            fcntl.flock(file, fcntl.LOCK_EX)
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield file.fileno()
