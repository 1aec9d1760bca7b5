# SPDX-License-Identifier: Apache-2.0
"""Reads the headers of what others ask: is a stamp of now, and a frame one that is known?"""

from __future__ import annotations

import math
from collections.abc import Sequence

from talus_core.errors import RefusedInputError


def checked_time(stamp: float, now: float, most_s: float) -> float:
    """Return the time of a message, s: its stamp, or `now` where it has none (0) or is ahead.

    Clocks of two computers differ, so a stamp may lie `most_s` before and after `now`. Raises
    RefusedInputError for one of long ago or of the future.
    """
    if stamp == 0.0:
        return now
    age = now - stamp
    if not math.isfinite(age) or abs(age) > most_s:
        when = f"{age:.3f} s ago" if age >= 0.0 else f"{-age:.3f} s in the future"
        raise RefusedInputError(
            f"stamped {stamp:.3f} s, {when} by the robot's time {now:.3f} s; a stamp within "
            f"{most_s:g} s works (in simulation: set use_sim_time), or none"
        )
    return min(stamp, now)


def check_frame(frame: str, known: Sequence[str]) -> None:
    """Raise RefusedInputError for a frame that is neither known nor left empty."""
    if frame and frame not in known:
        raise RefusedInputError(f"in frame '{frame}'; {' or '.join(known)} works")


def check_finite(values: Sequence[float]) -> None:
    """Raise RefusedInputError where a value is no number."""
    if not all(math.isfinite(value) for value in values):
        raise RefusedInputError(f"{tuple(values)} is not finite")
