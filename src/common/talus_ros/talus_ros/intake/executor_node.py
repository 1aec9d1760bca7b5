# SPDX-License-Identifier: Apache-2.0
"""Spins a node's services, clients and timers; what others send cannot end it."""

from __future__ import annotations

from typing import Any

from rclpy.exceptions import InvalidHandle
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.serialization import deserialize_message
from talus_core.errors import RefusedInputError
from talus_core.graph.contract import owner_of

from talus_ros.intake.intake_node import Intakes, intakes_of
from talus_ros.intake.speakers_node import Speakers


class IntakeExecutor(SingleThreadedExecutor):
    """Spins one node; requests, answers and messages that cannot even be read do not end it.

    What they lead to is contained by the node's intakes; an error in a timer, which is the node's
    own, is raised.
    """

    def __init__(self, node: Node):
        """Take all services, clients and timers of a node."""
        super().__init__(context=node.context)
        self._node = node
        self._speakers: dict[Any, Speakers] = {}
        self._intakes: Intakes = intakes_of(node)
        self.add_node(node)

    def look(self) -> None:
        """Look, where it is due, whether somebody speaks to the node and is not heard."""
        self._intakes.look()

    def _take_service(self, srv: Any) -> Any:
        return self._intakes.attempt(
            srv.srv_name, lambda: super(IntakeExecutor, self)._take_service(srv)
        )

    def _take_client(self, client: Any) -> Any:
        return self._intakes.attempt(
            client.srv_name, lambda: super(IntakeExecutor, self)._take_client(client)
        )

    def _take_subscription(self, sub: Any) -> Any:
        """Take a message of rclpy's own subscription: the clock of a node that follows it."""
        try:
            with sub.handle:
                taken = sub.handle.take_message(sub.msg_type, True)
        except InvalidHandle:  # it was destroyed meanwhile
            return None
        if taken is None:
            return None

        async def execute() -> None:
            self._intakes.attempt(sub.topic_name, lambda: self._hear(sub, *taken))

        return execute

    def _hear(self, sub: Any, data: bytes, facts: Any) -> None:
        if sub not in self._speakers:
            owner = owner_of(sub.topic_name.lstrip("/"))
            self._speakers[sub] = Speakers(self._node, sub.topic_name, owner)
        stranger = self._speakers[sub].stranger(facts)
        if stranger:
            raise RefusedInputError(stranger)
        sub.callback(deserialize_message(data, sub.msg_type))
