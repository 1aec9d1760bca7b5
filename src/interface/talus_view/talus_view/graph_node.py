# SPDX-License-Identifier: Apache-2.0
"""Speaks to the ROS graph for widgets: services that answer with a note, and topics."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from rclpy.client import Client
from rclpy.node import Node

from talus_view.conversions import mesh_file, type_of
from talus_view.widget import Message, PageTopic, ServiceCaller, TopicPublisher

Note = Callable[[int, str, str, bool], None]  # page, title, body, whether it is good news

NOT_OFFERED = "nobody offers this service; is its node running?"
PUBLISHER_DEPTH = 1  # only the newest command counts


class NodeGraph:
    """Makes clients and publishers of one node, and counts the answers that are still to come."""

    def __init__(self, node: Node, note: Note):
        """Pass the answers of services to `note`."""
        self.node = node
        self.note = note
        self.pending_count = 0

    @property
    def is_waiting(self) -> bool:
        """Whether some answer has not come yet."""
        return self.pending_count > 0

    def caller(self, service: str, kind: str) -> ServiceCaller:
        """Make a client of a service whose type is `kind`, as in `std_srvs/srv/Trigger`."""
        return _NodeCaller(self, service, kind)

    def publisher(self, topic: PageTopic) -> TopicPublisher:
        """Make a publisher of a topic."""
        return _NodePublisher(self.node, topic)

    def stamp(self) -> Message:
        """Return the ROS time, as messages carry it."""
        return self.node.get_clock().now().to_msg()

    def mesh_file(self, uri: str) -> Path:
        """Return the file of a mesh URI. Raises MeshFileError."""
        return mesh_file(uri)

    def node_names(self) -> frozenset[str]:
        """Return the names of the nodes in the namespace of this one."""
        own = self.node.get_namespace()
        found = self.node.get_node_names_and_namespaces()
        return frozenset(name for name, namespace in found if namespace == own)


class _NodeCaller:
    """Calls one service without waiting; every answer has the fields `success`, `message`."""

    def __init__(self, graph: NodeGraph, service: str, kind: str):
        self._graph = graph
        self._service = service
        self._type = type_of(kind)
        self._client: Client[Any, Any] = graph.node.create_client(self._type, service)

    @property
    def is_offered(self) -> bool:
        """Whether some node serves it."""
        return self._client.service_is_ready()

    def call(self, fill: Callable[[Message], None], client: int) -> None:
        """Send a request; the answer comes from the executor when the reply is there."""
        if not self.is_offered:
            self._graph.note(client, self._service, NOT_OFFERED, False)
            return
        request = self._type.Request()
        fill(request)
        self._graph.pending_count += 1

        def answer(future: Any) -> None:
            self._graph.pending_count -= 1
            reply = future.result()
            text = reply.message or ("done" if reply.success else "refused")
            self._graph.note(client, self._service, text, reply.success)

        self._client.call_async(request).add_done_callback(answer)


class _NodePublisher:
    """Publishes one topic."""

    def __init__(self, node: Node, topic: PageTopic):
        self._type = type_of(topic.type)
        self._publisher = node.create_publisher(self._type, topic.name, PUBLISHER_DEPTH)

    def publish(self, fill: Callable[[Message], None]) -> None:
        """Publish a message that `fill` has filled."""
        message = self._type()
        fill(message)
        self._publisher.publish(message)
