# SPDX-License-Identifier: Apache-2.0
"""Finds what the recorder kept of a run, by its log."""

from __future__ import annotations

from pathlib import Path

from talus_recorder.disk.archive import kind_of
from talus_recorder.happenings.events import ROUTINE_EVENTS
from talus_recorder.recording import TOLD


def told_events(logs: Path) -> list[str]:
    """Return a line for each recorded event that is not part of every run.

    `logs`: folder of the run's log files.
    """
    log = logs / "recorder.log"
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    told = [line[line.index(TOLD) :] for line in lines if TOLD in line]
    return [line for line in told if kind_of(Path(line).name) not in ROUTINE_EVENTS]
