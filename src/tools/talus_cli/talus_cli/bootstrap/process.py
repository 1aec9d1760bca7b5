# SPDX-License-Identifier: Apache-2.0
"""Runs a long command: its output goes to a log and, line by line, to a watcher."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path


def run_logged(
    command: Sequence[str | Path],
    log: Path,
    watch: Callable[[str], None],
    environment: Mapping[str, str],
    pass_fds: Sequence[int] = (),
    folder: Path | None = None,
) -> tuple[int, str]:
    """Run until it ends; return its exit code and its output, stdout and stderr together.

    An interrupt ends the command before it is raised again. `pass_fds` stay open in the command: a
    lock among them outlives us if we are killed, so that a second start waits for the command that
    still runs.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    lines: list[str] = []
    with (
        log.open("w", buffering=1) as file,
        subprocess.Popen(
            [str(word) for word in command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=dict(environment),
            cwd=folder,
            pass_fds=pass_fds,
            text=True,
            errors="replace",
        ) as process,
    ):
        assert process.stdout is not None  # it was asked for as a pipe
        try:
            for line in process.stdout:
                file.write(line)
                lines.append(line)
                watch(line)
        except BaseException:
            process.terminate()
            process.wait()
            raise
    return process.returncode, "".join(lines)
