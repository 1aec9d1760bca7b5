# SPDX-License-Identifier: Apache-2.0
"""Gives an object one companion of each kind, which lives as long as the object does."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

CompanionT = TypeVar("CompanionT")
ATTRIBUTE = "_talus_companions"


def companion_of(
    owner: object, kind: type[CompanionT], make: Callable[[], CompanionT]
) -> CompanionT:
    """Return the companion of that kind; `make` makes it at the first call.

    It is kept in the object's own attributes, not in a weak table: a companion refers to its object
    and would, as a value of such a table, keep it alive for ever.
    """
    companions = vars(owner).setdefault(ATTRIBUTE, {})
    if kind not in companions:
        companions[kind] = make()
    found: CompanionT = companions[kind]
    return found
