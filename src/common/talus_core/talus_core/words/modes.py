# SPDX-License-Identifier: Apache-2.0
"""Defines the modes of the balance controller, for all packages."""

from __future__ import annotations

from enum import IntEnum


class Mode(IntEnum):
    """Names the mode of the balance controller; the numbers are those of BalanceState.msg."""

    LIMP = 0
    SEATED = 1
    STANDING_UP = 2
    STANDING = 3
    WALKING = 4
    SITTING_DOWN = 5
    FALLING = 6
    GETTING_UP = 7

    @property
    def words(self) -> str:
        """Return the name of the mode as people read it, in lower case."""
        return self.name.lower().replace("_", " ")
