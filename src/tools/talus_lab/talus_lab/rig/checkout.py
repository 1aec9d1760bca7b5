# SPDX-License-Identifier: Apache-2.0
"""Finds the checkout that this file belongs to, and in it the robot and the worlds of all runs."""

from __future__ import annotations

from pathlib import Path


def find_checkout(file: Path) -> Path:
    """Return the nearest folder above a file that holds the robots; outside of any, its own."""
    file = file.resolve()
    found = (folder for folder in file.parents if (folder / "urdf" / "talus40").is_dir())
    return next(found, file.parent)


CHECKOUT = find_checkout(Path(__file__))
SOURCES = CHECKOUT / "src"
TALUS40_FOLDER = CHECKOUT / "urdf" / "talus40"
WORLDS_FOLDER = CHECKOUT / "urdf" / "worlds"
