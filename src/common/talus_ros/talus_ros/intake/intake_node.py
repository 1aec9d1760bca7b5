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
from typing import Any

from rclpy.node import Node
from rclpy.service import Service
from talus_core.errors import TalusError

from talus_ros.intake.companion import companion_of
from talus_ros.intake.ledger import IntakeLedger
from talus_ros.intake.parameter_services_node import guard_parameter_services
from talus_ros.intake.voices_node import VoiceWatch

# Wall time between two looks at who speaks on the topics of a node: a mismatch must be told within
# 2 s, of which discovery may take the first.
GRAPH_LOOK_PERIOD_S = 0.5


class Intakes:
    """Is the shell around all intakes of one node; `intakes_of` finds it.

    Attributes:
        ledger: What was refused, and what the graph has that does not fit.
        voices: Who speaks on the topics of the node.
        tell: Takes each line that a person should read; it goes to the node's log.
        standing: Complaints about how the node was started, which hold as long as it runs.
        on_news: Called when something new was told, or what was told before holds no more.
    """

    def __init__(self, node: Node):
        self.ledger = IntakeLedger()
        self.tell: Callable[[str], object] = node.get_logger().warning
        self.standing: set[str] = set()
        self.on_news: Callable[[], None] = lambda: None
        self.voices = VoiceWatch(node)
        self._node = node
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
            self.on_news()
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

    def look(self) -> None:
        """Look whether somebody speaks and is not heard; call it often, in any one thread."""
        now = time.monotonic()
        if now - self._looked_at >= GRAPH_LOOK_PERIOD_S:
            self._looked_at = now
            self.attempt("the ROS graph", self._look)

    def _look(self) -> None:
        before = self.ledger.complaints
        for text in self.ledger.complain(self.voices.complaints() | self.standing):
            self.tell(text)
        if self.ledger.complaints != before:
            self.on_news()


def intakes_of(node: Node) -> Intakes:
    """Return the shell around a node's intakes: one for each node, made at the first call."""
    return companion_of(node, Intakes, lambda: Intakes(node))


def _reason(error: Exception) -> str:
    return str(error) if isinstance(error, TalusError) else f"{type(error).__name__}: {error}"
