# SPDX-License-Identifier: Apache-2.0
"""Subscribes only to what widgets want: nothing is sent or rendered while no page is open."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from rclpy.subscription import Subscription
from talus_ros.fast_link_node import FastLink

from talus_view.conversions import type_of
from talus_view.widget import Delivery, Hearing, Message, PageTopic, Widget

QOS_OF = {
    Delivery.NEWEST: QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT),
    Delivery.RELIABLE: QoSProfile(depth=1),
    Delivery.LATCHED: QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL),
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
    """Keeps exactly the wanted subscriptions, and the newest message of each for each widget."""

    def __init__(self, link: FastLink):
        self._link = link
        self._subscriptions: dict[str, Subscription[Any]] = {}
        self._newest: dict[str, Message] = {}
        self._takers: dict[str, set[Widget]] = {}  # of the newest message, by topic

    def want(self, topics: dict[str, PageTopic]) -> None:
        """Subscribe to what is new in `topics`, end what is no longer there."""
        for name in self._subscriptions.keys() - topics.keys():
            self._link.unsubscribe(self._subscriptions.pop(name))
            self._newest.pop(name, None)
        for name in topics.keys() - self._subscriptions.keys():
            topic = topics[name]
            self._subscriptions[name] = self._link.subscribe(
                type_of(topic.type), name, self._keep(name), QOS_OF[topic.delivery]
            )

    def poll(self) -> None:
        """Take what has come since the last call; does not wait."""
        self._link.wait(0.0)

    def deliver(self, widget: Widget, wall: float, is_drawn: bool) -> None:
        """Let a widget hear the newest messages that it has not heard yet.

        `is_drawn`: those that it hears before it draws; else those of every round.
        """
        for topic in widget.wanted():
            if (topic.hearing is Hearing.DRAWN) is not is_drawn or topic.name not in self._newest:
                continue
            if widget not in self._takers[topic.name]:
                self._takers[topic.name].add(widget)
                widget.hear(topic, self._newest[topic.name], wall)

    def _keep(self, name: str) -> Callable[[Message], None]:
        def keep(message: Message) -> None:
            self._newest[name] = message
            self._takers[name] = set()

        return keep
