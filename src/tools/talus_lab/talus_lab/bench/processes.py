# SPDX-License-Identifier: Apache-2.0
"""Asks this machine for memory and CPU time of processes, and for a free port."""

from __future__ import annotations

import os
import socket
from pathlib import Path

PROC = Path("/proc")


def descendants(root: int) -> list[int]:
    """Return the process ids of `root` and everything below it."""
    children: dict[int, list[int]] = {}
    for path in PROC.glob("[0-9]*"):
        fields = _stat(int(path.name))
        if fields:
            children.setdefault(int(fields[1]), []).append(int(path.name))
    found: list[int] = []
    queue = [root]
    while queue:
        pid = queue.pop()
        found.append(pid)
        queue.extend(children.get(pid, ()))
    return found


def proportional_memory_mb(pid: int) -> float:
    """Return resident memory in MB, shared pages divided among those that share them (PSS).

    It is 0 for a process that ended.
    """
    try:
        lines = (PROC / str(pid) / "smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(float(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024.0


def tree_memory_mb(root: int) -> float:
    """Return the PSS of `root` and everything below it, MB."""
    return sum(proportional_memory_mb(pid) for pid in descendants(root))


def find_descendant(root: int, word: str) -> int | None:
    """Return a process below `root` with `word` in its command line; None if there is none."""
    for pid in descendants(root):
        try:
            command = (PROC / str(pid) / "cmdline").read_bytes()
        except OSError:
            continue  # it ended meanwhile
        if word.encode() in command:
            return pid
    return None


def cpu_seconds(pid: int) -> float:
    """Return the CPU time of all threads of a process so far, s; 0 for one that ended."""
    fields = _stat(pid)
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK") if fields else 0.0


def _stat(pid: int) -> list[str]:
    """Return the fields behind the name in /proc/PID/stat (proc(5)); none for one that ended."""
    try:
        return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def free_port() -> int:
    """Return a TCP port that no process listens on now."""
    with socket.socket() as probe:
        probe.bind(("", 0))
        return probe.getsockname()[1]
