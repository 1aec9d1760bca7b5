# SPDX-License-Identifier: Apache-2.0
"""Service calls on behalf of a page's buttons: made without waiting, answered with a note."""

from __future__ import annotations

from collections.abc import Callable

from rclpy.client import Client
from rclpy.node import Node

Answer = Callable[[str, str, bool], None]  # title, body, is good

NOT_OFFERED = "nobody offers this service; is its node running?"


class ServiceButtons:
    """One client per service; answers are all of the shape `success, message`."""

    def __init__(self, node: Node, services: dict[str, type]):
        """Services by name, with their types."""
        self._clients: dict[str, Client] = {name: node.create_client(kind, name) for name, kind in services.items()}
        self._pending = 0

    @property
    def is_waiting(self) -> bool:
        """Some answer has not come yet."""
        return self._pending > 0

    def is_offered(self, name: str) -> bool:
        """Somebody serves it."""
        return self._clients[name].service_is_ready()

    def call(self, name: str, request: object, answer: Answer) -> None:
        """Call service `name`; `answer` is called from the executor when the reply is there."""
        if not self.is_offered(name):
            answer(name, NOT_OFFERED, False)
            return
        self._pending += 1

        def done(future) -> None:
            self._pending -= 1
            reply = future.result()
            answer(name, reply.message or ("done" if reply.success else "refused"), reply.success)

        self._clients[name].call_async(request).add_done_callback(done)
