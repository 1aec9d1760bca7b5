# SPDX-License-Identifier: Apache-2.0
"""Writes the report of a benchmark: `{"bench", "commit", "machine", "rows", "summary"}`."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class BenchReport:
    """Holds the figures of one benchmark.

    Attributes:
        bench: Name of the benchmark.
        rows: What was measured, peers beside ours.
        summary: Key figures; keys carry their unit.
        failures: What did not work, in words; empty when all did.
        notes: What must be known about the figures; in the file where there are some.
    """

    bench: str
    rows: Sequence[Mapping[str, Any]]
    summary: Mapping[str, float]
    failures: Sequence[str] = ()
    notes: Sequence[str] = ()

    def write(self, path: Path) -> None:
        """Write the report as JSON."""
        content = {
            "bench": self.bench,
            "commit": commit(),
            "machine": machine(),
            "rows": [_rounded(row) for row in self.rows],
            "summary": _rounded(self.summary),
        }
        if self.notes:
            content["notes"] = list(self.notes)
        path.write_text(json.dumps(content, indent=2) + "\n")

    def lines(self) -> list[str]:
        """Return the report for the terminal."""
        tables = groupby((_rounded(row) for row in self.rows), key=_columns)
        rows = [line for head, table in tables for line in _table(head, list(table))]
        figures = [f"{key:24} {value}" for key, value in _rounded(self.summary).items()]
        notes = [f"note: {note}" for note in self.notes]
        return [*rows, *figures, *notes, *(f"failed: {failure}" for failure in self.failures)]


def _columns(row: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(row)


def _table(head: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Lay out rows of the same columns under their names, then an empty line."""
    cells = [list(head), *([str(row[key]) for key in head] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in cells
    ]
    return [*lines, ""]


def commit() -> str:
    """Return the commit of the source tree that this file is in; `unknown` outside of one."""
    folder = Path(__file__).resolve().parent
    try:
        done = subprocess.run(
            [
                "git",
                "-C",
                str(folder),
                "describe",
                "--always",
                "--dirty",
                "--abbrev=40",
                "--exclude",
                "*",
            ],
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return done.stdout.strip()


def machine() -> dict[str, Any]:
    """Describe this machine: figures of different machines do not compare."""
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "system": platform.platform(),
        "python": platform.python_version(),
        "load_1min_at_end": round(os.getloadavg()[0], 2),
    }


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def _rounded(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: round(value, 4) if isinstance(value, float) else value for key, value in row.items()
    }
