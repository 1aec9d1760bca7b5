# SPDX-License-Identifier: Apache-2.0
"""Tell whether a process of this machine is starved of processor time: it would run if it could.

A starved process is slow; a dead, stopped or sleeping one that should answer is lost.
Source: Linux, /proc/PID/task/*/stat (5).
"""

from __future__ import annotations

from pathlib import Path

# Running, or waiting for a core; stopped is T, dead Z, asleep S, waiting for the disk D.
RUNNABLE_STATE = "R"


def is_runnable(process: int, proc: Path = Path("/proc")) -> bool:
    """Whether a thread of the process runs or waits for a core; False without such a process."""
    if process <= 0:
        return False
    try:
        tasks = list((proc / str(process) / "task").iterdir())
    except OSError:
        return False
    return any(_state(task) == RUNNABLE_STATE for task in tasks)


def _state(task: Path) -> str:
    """Return the letter after the name, which stands in parentheses and may hold anything."""
    try:
        return (task / "stat").read_text().rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return ""
