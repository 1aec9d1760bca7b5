# SPDX-License-Identifier: Apache-2.0
"""Summarises the state of the recorder in one line and in numbers."""

from __future__ import annotations

from dataclasses import dataclass

from talus_recorder.disk.disk_thread import DiskThread
from talus_recorder.disk.spool import Spool
from talus_recorder.listening.intake import Intake

SLOW_WRITE_S = 0.25  # s of one chunk; longer, and a power cut costs more than it should


@dataclass(frozen=True)
class RecorderStatus:
    """Hold the diagnostics: `severity` 0 = well, 1 = data lost, 2 = nothing reaches the disk.

    `values` are by name.
    """

    severity: int
    message: str
    values: dict[str, object]


class StatusOf:
    """Compares with the report before, so that a loss is reported once and not for ever."""

    def __init__(self, intake: Intake, spool: Spool, disk: DiskThread):
        self._intake = intake
        self._spool = spool
        self._disk = disk
        self._lost = 0

    def now(self) -> RecorderStatus:
        """Return the status since the last call."""
        intake = self._intake
        disk = self._disk
        lost = intake.lost + self._spool.dropped
        newly = lost - self._lost
        self._lost = lost
        slowest = disk.slowest_write_s
        disk.slowest_write_s = 0.0
        problems = [f"{newly} messages lost"] if newly else []
        if slowest > SLOW_WRITE_S:
            problems.append(f"the disk took {slowest:.2f} s for a chunk")
        severity = 2 if disk.problem else int(bool(problems))
        if disk.problem:
            problems.insert(0, f"not recording to disk: {disk.problem}")
        values = {
            "messages": intake.messages,
            "missed": intake.missed,
            "too_large": intake.too_large,
            "dropped": self._spool.dropped,
            "slowest_write_s": slowest,
            "files": disk.files,
            "seal": disk.head,
        }
        return RecorderStatus(severity, "; ".join(problems) or "recording", values)
