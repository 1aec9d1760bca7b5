# SPDX-License-Identifier: Apache-2.0
"""Keep the pushes that act on a body: a force at a link's centre of mass, for its time."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from talus_core.errors import UnknownNameError

PUSH_IMPULSE_LIMIT_NS = 500.0  # N s: ten times what a person gives; more is a typing error
PUSH_DURATION_LIMIT_S = 10.0  # s


@dataclass
class ActivePush:
    """Is a force (3,) N, in the world, on a link, and for how many ticks it still acts."""

    link: str
    force: np.ndarray
    ticks_left: int


def checked_push(
    link: str, impulse: np.ndarray, duration: float, links: Collection[str], period: float
) -> ActivePush:
    """Return a push that spreads an impulse (3,) N s, in the world, over `duration` s.

    Raises UnknownNameError, ValueError.
    """
    if link not in links:
        raise UnknownNameError("link", link, links)
    impulse = np.asarray(impulse, dtype=float)
    if (
        impulse.shape != (3,)
        or not np.isfinite(impulse).all()
        or np.abs(impulse).max() > PUSH_IMPULSE_LIMIT_NS
    ):
        raise ValueError(
            f"impulse {impulse} N s; it must be 3 numbers of at most {PUSH_IMPULSE_LIMIT_NS}"
        )
    if not 0.0 < duration <= PUSH_DURATION_LIMIT_S:
        raise ValueError(
            f"duration {duration} s; it must be above 0, at most {PUSH_DURATION_LIMIT_S}"
        )
    ticks = max(1, round(duration / period))
    return ActivePush(link, impulse / (ticks * period), ticks)
