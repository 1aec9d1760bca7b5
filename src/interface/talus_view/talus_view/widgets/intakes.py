# SPDX-License-Identifier: Apache-2.0
"""Says on the status card what somebody sends to a node in vain, and what would be heard."""

from __future__ import annotations

from html import escape

from talus_core.graph.contract import INTAKE_KEY

from talus_view.page.card import CardPart, line
from talus_view.widget import Delivery, Message, PageTopic, Site, Widget

KEPT_S = 5.0  # of wall time after the last word of a node: it repeats itself once a second
MOST_LINES = 4  # on the card, which shows the robot's state above all


class IntakesWidget(Widget):
    """Shows a line for each node that hears what it cannot use."""

    place = 140
    topics = (PageTopic("diagnostics", "diagnostic_msgs/msg/DiagnosticArray", Delivery.EVERY),)

    def __init__(self, site: Site):
        self._told: dict[str, tuple[str, float]] = {}

    def hear(self, topic: PageTopic, message: Message, wall: float) -> None:
        """Keep what each node says of its intakes."""
        for status in message.status:
            said = {value.key: value.value for value in status.values}
            if INTAKE_KEY in said:
                self._told[status.name] = (said[INTAKE_KEY], wall)
            else:
                self._told.pop(status.name, None)

    def card(self, wall: float) -> tuple[CardPart, ...]:
        """Show what was told lately."""
        self._told = {
            name: (text, at) for name, (text, at) in self._told.items() if wall - at <= KEPT_S
        }
        nodes = sorted(self._told)[:MOST_LINES]
        return tuple(line(80, escape(name), self._told[name][0]) for name in nodes)
