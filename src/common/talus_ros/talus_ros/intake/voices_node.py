# SPDX-License-Identifier: Apache-2.0
"""Watches the graph for publishers that a node cannot hear, and for others on its own topics."""

from __future__ import annotations

import time
from dataclasses import dataclass

from rclpy.node import Node
from rclpy.qos import QoSCompatibility, QoSProfile, qos_check_compatible

from talus_ros.intake.voices import Voice, second_voices, sole_topics, unheard

# Between two looks at all publishers, also where their number is as before: asking who they are
# costs a hundred times what counting them does.
FULL_LOOK_PERIOD_S = 5.0
NAME_UNKNOWN = "_NODE_NAME_UNKNOWN_"  # of rmw, until a publisher's node is known


@dataclass(frozen=True)
class _Heard:
    """Holds a topic that the node subscribes to: as it calls it, its full name, type and QoS."""

    label: str
    topic: str
    kind: str
    qos: QoSProfile


class VoiceWatch:
    """Compares who speaks on the topics of a node with what it hears and says itself."""

    def __init__(self, node: Node):
        self._node = node
        self._heard: list[_Heard] = []
        self._known: dict[tuple[str, bool], tuple[int, float, list[Voice]]] = {}

    def hears(self, label: str, topic: str, message_type: type, qos: QoSProfile) -> None:
        """Watch that whoever publishes a topic is heard, by type and by quality of service.

        `label` is what the node calls the topic, `topic` its full name.
        """
        package, folder = message_type.__module__.split(".")[:2]
        kind = f"{package}/{folder}/{message_type.__name__}"
        self._heard.append(_Heard(label, topic, kind, qos))

    def hears_no_more(self, topic: str) -> None:
        """End the watch of the topic with this full name."""
        self._heard = [heard for heard in self._heard if heard.topic != topic]

    def complaints(self) -> set[str]:
        """Return in words who is not heard now, and who speaks in the node's place."""
        own = self._node.get_fully_qualified_name()
        found: set[str] = set()
        for one in tuple(self._heard):
            found.update(unheard(one.label, one.kind, self._voices(one.topic, one.qos)))
        for topic in self._spoken():
            label = topic.removeprefix(self._node.get_namespace().rstrip("/") + "/")
            found.update(second_voices(label, own, self._voices(topic, None)))
        return found

    def _spoken(self) -> set[str]:
        """Return the topics that this node publishes and that are its own alone."""
        space = self._node.get_namespace().rstrip("/")
        sole = {f"{space}/{name}" for name in sole_topics()}
        return {publisher.topic_name for publisher in self._node.publishers} & sole

    def _voices(self, topic: str, qos: QoSProfile | None) -> list[Voice]:
        """Return who publishes a topic; asks the graph anew only where their number changed.

        Whoever came in the place of another is seen at the next full look.
        """
        count = self._node.count_publishers(topic)
        known = self._known.get((topic, qos is None))
        if known is not None and known[0] == count and time.monotonic() < known[1]:
            return known[2]
        found = self._node.get_publishers_info_by_topic(topic)
        named = [one for one in found if one.node_name != NAME_UNKNOWN]
        voices = [
            Voice(
                node=f"{one.node_namespace.rstrip('/')}/{one.node_name}",
                kind=one.topic_type,
                qos_conflict="" if qos is None else _conflict(one.qos_profile, qos),
            )
            for one in named
        ]
        if len(named) == len(found):  # else its name is about to come
            until = time.monotonic() + FULL_LOOK_PERIOD_S
            self._known[topic, qos is None] = (count, until, voices)
        return voices


def _conflict(offered: QoSProfile, wanted: QoSProfile) -> str:
    compatibility, reason = qos_check_compatible(offered, wanted)
    return reason if compatibility == QoSCompatibility.ERROR else ""
