# SPDX-License-Identifier: Apache-2.0
"""Defines what can be wrong with a launch file or with a run, in one line for the user."""

from __future__ import annotations

from pathlib import Path

from talus_core.errors import TalusError


class LaunchError(TalusError):
    """Raised for a launch that cannot start; the message names what would have worked."""


class LaunchFileError(LaunchError):
    """Raised for a line that the runner cannot do; the message begins with `file:line:`."""

    def __init__(self, file: Path, line: int, problem: str):
        super().__init__(f"{file}:{line}: {problem}")
