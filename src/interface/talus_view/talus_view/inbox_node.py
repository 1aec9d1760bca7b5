# SPDX-License-Identifier: Apache-2.0
"""Subscribes only to what widgets want: nothing is sent or rendered while no page is open."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from rclpy.subscription import Subscription
from talus_core.graph.contract import SHARED_TOPICS, owner_of
from talus_ros.fast_link_node import FastLink

from talus_view.conversions import type_of
from talus_view.widget import Delivery, Hearing, Message, PageTopic, Widget

# Messages of a topic that are kept for a widget which has not heard them: of ten nodes at 20 Hz,
# for half a second, longer than a round lasts.
MOST_KEPT = 100
Attempt = Callable[[str, Callable[[], object]], object]
QOS_OF = {
    Delivery.NEWEST: QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT),
    Delivery.RELIABLE: QoSProfile(depth=1),
    Delivery.LATCHED: QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL),
    Delivery.EVERY: QoSProfile(depth=MOST_KEPT),
}


def topics_to_hear(widgets: Iterable[Widget], is_watched: bool) -> dict[str, PageTopic]:
    """Return what widgets want by topic name; with no page open only what is always heard."""
    return {
        topic.name: topic
        for widget in widgets
        for topic in widget.wanted()
        if is_watched or topic.hearing is Hearing.ALWAYS
    }


class WidgetInbox:
    """Keeps exactly the wanted subscriptions, and what each widget has not heard of them yet."""

    def __init__(self, link: FastLink, attempt: Attempt):
        """Hear through `link`; `attempt` contains what a widget makes of somebody's message."""
        self._link = link
        self._attempt = attempt
        self._subscriptions: dict[str, Subscription[Any]] = {}
        self._kept: dict[str, KeptMessages] = {}

    def want(self, topics: dict[str, PageTopic]) -> None:
        """Subscribe to what is new in `topics`, end what is no longer there."""
        for name in self._subscriptions.keys() - topics.keys():
            self._link.unsubscribe(self._subscriptions.pop(name))
            del self._kept[name]
        for name in topics.keys() - self._subscriptions.keys():
            topic = topics[name]
            self._kept[name] = KeptMessages(topic.delivery)
            self._subscriptions[name] = self._link.subscribe(
                type_of(topic.type),
                name,
                self._kept[name].add,
                QOS_OF[topic.delivery],
                owner="" if name in SHARED_TOPICS else owner_of(name),
            )

    def poll(self) -> None:
        """Take what has come since the last call; does not wait."""
        self._link.wait(0.0)

    def deliver(self, widget: Widget, wall: float, is_drawn: bool) -> None:
        """Let a widget hear the messages that it has not heard yet.

        `is_drawn`: those that it hears before it draws; else those of every round.
        """
        for topic in widget.wanted():
            if (topic.hearing is Hearing.DRAWN) is not is_drawn or topic.name not in self._kept:
                continue
            for message in self._kept[topic.name].unheard(widget):
                self._attempt(topic.name, partial(widget.hear, topic, message, wall))


class KeptMessages:
    """Keeps the newest message of a topic, or as many as may not have been heard yet."""

    def __init__(self, delivery: Delivery):
        self._messages: deque[Message] = deque(
            maxlen=MOST_KEPT if delivery is Delivery.EVERY else 1
        )
        self._count = 0
        self._heard: dict[Widget, int] = {}  # how many of `_count` each widget has heard

    def add(self, message: Message) -> None:
        """Keep a message that has come."""
        self._messages.append(message)
        self._count += 1

    def unheard(self, widget: Widget) -> list[Message]:
        """Return what is kept and was not returned for this widget before, the oldest first."""
        fresh = self._count - self._heard.get(widget, 0)
        self._heard[widget] = self._count
        return list(self._messages)[-fresh:] if fresh else []
