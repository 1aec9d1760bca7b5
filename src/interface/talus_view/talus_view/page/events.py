# SPDX-License-Identifier: Apache-2.0
"""Describes what a person does on the page; the page writes events, the node's loop reads them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto


class EventKind(Enum):
    """Names what happened on a page; in brackets: what the event's `value` is then."""

    CALL = auto()  # a button that calls a service was clicked (name of the service)
    PRESSED = auto()  # another button was clicked (its name)
    HELD = auto()  # a button says that it is held, ten times a second (its name)
    PAGE_ANSWERED = auto()  # the page is alive
    PAGE_LEFT = auto()  # the page is gone


@dataclass(frozen=True)
class PageEvent:
    """Hold one thing that happened on a page.

    Attributes:
        kind: What happened.
        client: Number of the browser page in which it happened.
        wall: s of wall time at which it happened.
        value: See `EventKind`.
    """

    kind: EventKind
    client: int
    wall: float
    value: str = ""
