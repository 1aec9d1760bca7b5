# SPDX-License-Identifier: Apache-2.0
"""Contains what goes wrong at the intakes of a node, counts it and tells it.

An intake is every way by which others reach a node: topics, services, parameters, files, sockets.
What fails there is somebody else's input; what fails in the node's own loop still ends its process,
so that the watchdogs of others act.
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from rclpy.node import Node
from rclpy.qos import QoSCompatibility, QoSProfile, qos_check_compatible
from rclpy.service import Service
from talus_core.errors import TalusError

from talus_ros.intake.ledger import IntakeLedger
from talus_ros.intake.parameter_services_node import guard_parameter_services
from talus_ros.intake.voices import Voice, second_voices, sole_topics, unheard

# Wall time between two looks at who speaks on the topics of a node: a mismatch must be told within
# 2 s, of which discovery may take the first.
LOOK_PERIOD_S = 0.5
# Between two looks at all publishers, also where their number is as before: asking who they are
# costs a hundred times what counting them does.
FULL_LOOK_PERIOD_S = 5.0


@dataclass(frozen=True)
class _Heard:
    """Holds a topic that the node subscribes to: as it calls it, its full name, type and QoS."""

    label: str
    topic: str
    kind: str
    qos: QoSProfile


class Intakes:
    """Is the shell around all intakes of one node; `intakes_of` finds it.

    Attributes:
        ledger: What was refused, and what the graph has that does not fit.
        tell: Takes each line that a person should read; it goes to the node's log.
        on_news: Called when somebody who is not heard came or went.
    """

    def __init__(self, node: Node):
        self.ledger = IntakeLedger()
        self.tell: Callable[[str], object] = node.get_logger().warning
        self.on_news: Callable[[], None] = lambda: None
        self._node = node
        self._heard: list[_Heard] = []
        self._known: dict[tuple[str, bool], tuple[int, float, list[Voice]]] = {}
        self._looked_at = float("-inf")
        self._traced: set[tuple[str, type]] = set()
        guard_parameter_services(node, self.refuse)

    def attempt(self, intake: str, action: Callable[[], Any], otherwise: Any = None) -> Any:
        """Return what `action` returns; where it fails, refuse the input and return `otherwise`."""
        try:
            return action()
        except Exception as error:  # whatever a stranger's input led to
            self.refuse(intake, error)
            return otherwise

    def refuse(self, intake: str, cause: Exception | str) -> None:
        """Count an input that is not used, and log why, once in a while."""
        is_plain = isinstance(cause, (str, TalusError))
        reason = str(cause) if is_plain else f"{type(cause).__name__}: {cause}"
        line = self.ledger.refuse(intake, reason, time.monotonic())
        if line is not None:
            self.tell(line)
        key = (intake, type(cause))
        if isinstance(cause, Exception) and not is_plain and key not in self._traced:
            self._traced.add(key)  # where it failed is for whoever mends it: once
            where = "".join(traceback.format_exception(cause))
            self._node.get_logger().debug(f"{intake}: {where}")

    def serve(
        self, kind: Any, name: str, handler: Callable[[Any, Any], Any], **options: Any
    ) -> Service:
        """Offer a service; where its handler fails, the answer says so instead.

        The response then has `success` false and the reason in `message`, where it has such fields.
        """
        fields = kind.Response.get_fields_and_field_types()

        def answer(request: Any, response: Any) -> Any:
            try:
                return handler(request, response)
            except Exception as error:  # a request must not end the node
                self.refuse(name, error)
                failed = kind.Response()
                if "success" in fields and "message" in fields:
                    failed.success = False
                    failed.message = _reason(error)
                return failed

        return self._node.create_service(kind, name, answer, **options)

    def hears(self, label: str, topic: str, message_type: type, qos: QoSProfile) -> None:
        """Watch that whoever publishes a topic is heard, by type and by quality of service.

        `label` is what the node calls the topic, `topic` its full name.
        """
        package, folder = message_type.__module__.split(".")[:2]
        self._heard.append(_Heard(label, topic, f"{package}/{folder}/{message_type.__name__}", qos))
        self._looked_at = float("-inf")

    def hears_no_more(self, topic: str) -> None:
        """End the watch of the topic with this full name."""
        self._heard = [heard for heard in self._heard if heard.topic != topic]

    def look(self) -> None:
        """Look whether somebody speaks and is not heard; call it often, in any one thread."""
        now = time.monotonic()
        if now - self._looked_at < LOOK_PERIOD_S:
            return
        self._looked_at = now
        self.attempt("the ROS graph", self._look)

    def _look(self) -> None:
        own = self._node.get_fully_qualified_name()
        found: set[str] = set()
        for one in tuple(self._heard):
            voices = self._voices(one.topic, one.qos)
            found.update(unheard(one.label, one.kind, voices))
        for topic in self._spoken():
            found.update(second_voices(topic, own, self._voices(topic, None)))
        before = self.ledger.complaints
        for text in self.ledger.complain(found):
            self.tell(text)
        if self.ledger.complaints != before:
            self.on_news()

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
        voices = [
            Voice(
                node=f"{found.node_namespace.rstrip('/')}/{found.node_name}",
                kind=found.topic_type,
                qos_conflict="" if qos is None else _conflict(found.qos_profile, qos),
            )
            for found in self._node.get_publishers_info_by_topic(topic)
        ]
        until = time.monotonic() + FULL_LOOK_PERIOD_S
        self._known[topic, qos is None] = (count, until, voices)
        return voices


_intakes: WeakKeyDictionary[Node, Intakes] = WeakKeyDictionary()


def intakes_of(node: Node) -> Intakes:
    """Return the shell around a node's intakes: one for each node, made at the first call."""
    found = _intakes.get(node)
    if found is None:
        found = _intakes[node] = Intakes(node)
    return found


def _reason(error: Exception) -> str:
    return str(error) if isinstance(error, TalusError) else f"{type(error).__name__}: {error}"


def _conflict(offered: QoSProfile, wanted: QoSProfile) -> str:
    compatibility, reason = qos_check_compatible(offered, wanted)
    return reason if compatibility == QoSCompatibility.ERROR else ""
