# SPDX-License-Identifier: Apache-2.0
"""Locks a workspace, so that one process at a time prepares it."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from talus_core.machine.terminal import complain

from talus_cli.bootstrap.errors import BootstrapError


@contextmanager
def exclusive(path: Path) -> Iterator[int]:
    """Hold the lock at `path`, waiting for its holder; yields its file descriptor."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        opened = path.open("a+")
    except OSError as error:
        raise BootstrapError(
            f"this checkout is to be built, but {path.parent} cannot be written "
            f"({error.strerror}): build it where it can, or copy it to a folder of yours"
        ) from error
    with opened as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            owner = file.read().strip() or "?"
            complain(f"talus: process {owner} prepares this workspace; waiting for it")
            fcntl.flock(file, fcntl.LOCK_EX)
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield file.fileno()
