# SPDX-License-Identifier: Apache-2.0
"""Puts the status card together: a coloured banner, lines of name and text, and bars below."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from html import escape

from talus_view.drawing.colours import Colour, css

CARD_PERIOD_S = 0.2  # between two updates of the card: what an eye can read
STALE_AFTER_S = 1.0  # of wall time: 50 Hz topics, twenty times slower than real time
NO_DATA = "no data"


class CardZone(IntEnum):
    """Defines where on the card a part stands, from top to bottom."""

    BANNER = 0
    LINE = 1
    BAR = 2


@dataclass(frozen=True, order=True)
class CardPart:
    """Hold a piece of the card.

    Attributes:
        zone: Where it stands.
        place: Its order among the parts of its zone.
        html: What it shows.
    """

    zone: CardZone
    place: int
    html: str


def banner(colour: Colour, title: str, cause: str, clears: str) -> CardPart:
    """Make the coloured part on top: a title, and why it is so."""
    small = f'<div class="talus-small">{escape(clears)}</div>' if clears else ""
    return CardPart(
        CardZone.BANNER,
        0,
        f'<div class="talus-level" style="background:{css(colour)}">'
        f'<div class="talus-title">{escape(title)}</div>'
        f"<div>{escape(cause)}</div>{small}</div>",
    )


def line(place: int, name: str, text: str) -> CardPart:
    """Make a line: what it is about, and what there is to say."""
    return CardPart(CardZone.LINE, place, f"<span>{name}</span><b>{escape(text)}</b>")


def bar(place: int, share: float, colour: Colour) -> CardPart:
    """Make a bar that is filled to `share`, 0 to 1."""
    style = f"width:{100 * share:.0f}%;background:{css(colour)}"
    return CardPart(
        CardZone.BAR, place, f'<div class="talus-bar"><div style="{style}"></div></div>'
    )


def status_card(parts: Iterable[CardPart]) -> str:
    """Join parts, in any order, to the whole card as HTML."""
    zones: dict[CardZone, str] = dict.fromkeys(CardZone, "")
    for part in sorted(parts):
        zones[part.zone] += part.html
    lines = f'<div class="talus-rows">{zones[CardZone.LINE]}</div>'
    return f'<div class="talus-card">{zones[CardZone.BANNER]}{lines}{zones[CardZone.BAR]}</div>'
