# SPDX-License-Identifier: Apache-2.0
"""Keeps small files that say what has been done, written last and whole."""

from __future__ import annotations

import json
import os
from pathlib import Path


def read_stamp(path: Path) -> dict | None:
    """Return what was written, or None if nothing whole is there."""
    try:
        return json.loads(path.read_text())
    except (OSError, ValueError):
        return None


def write_stamp(path: Path, value: dict) -> None:
    """Write so that a kill at any moment leaves the old file or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(f".{os.getpid()}")
    fresh.write_text(json.dumps(value, indent=1))
    fresh.replace(path)
