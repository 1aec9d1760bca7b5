# SPDX-License-Identifier: Apache-2.0
"""Describes one line of the doctor's report."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """Holds one line of the report.

    Attributes:
        subject: What was looked at.
        value: What was found.
        remedy: What to do about it; empty where all is well.
        is_needed: Whether nothing runs without it.
    """

    subject: str
    value: str
    remedy: str = ""
    is_needed: bool = False

    def __str__(self) -> str:
        mark = "ok  " if not self.remedy else "LACK" if self.is_needed else "note"
        return f"{mark}  {self.subject:16s} {self.value}" + (
            f"  ->  {self.remedy}" if self.remedy else ""
        )
