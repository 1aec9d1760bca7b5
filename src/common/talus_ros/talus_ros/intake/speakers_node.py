# SPDX-License-Identifier: Apache-2.0
"""Tells whether a message comes from the node whose topic it is, or from somebody else."""

from __future__ import annotations

import time
from typing import Any

from rclpy.node import Node

# Between two questions to the graph about one stranger: nodes come, and their names a little later.
GRAPH_ASK_PERIOD_S = 0.5


class Speakers:
    """Knows the publishers of one topic by the mark that comes with each message.

    As long as no node of the owner's name publishes the topic, everybody is heard: a robot may be
    put together in another way than here.
    """

    def __init__(self, node: Node, topic: str, owner: str):
        """Take the full name of a topic, and the name of its owner in the node's namespace."""
        self._node = node
        self._topic = topic
        self._owner = f"{node.get_namespace().rstrip('/')}/{owner}"
        self._owners: set[bytes] = set()
        self._asked: dict[bytes, tuple[float, str]] = {}

    def stranger(self, facts: Any) -> str:
        """Return why a message with these facts of rclpy is not for us; empty where it is."""
        mark = bytes(facts["publisher_gid"]["data"])
        if mark in self._owners:
            return ""
        now = time.monotonic()
        at, verdict = self._asked.get(mark, (float("-inf"), ""))
        if now - at >= GRAPH_ASK_PERIOD_S:
            verdict = self._ask(mark)
            self._asked[mark] = (now, verdict)
        return verdict

    def _ask(self, mark: bytes) -> str:
        names: dict[bytes, str] = {
            bytes(found.endpoint_gid): f"{found.node_namespace.rstrip('/')}/{found.node_name}"
            for found in self._node.get_publishers_info_by_topic(self._topic)
        }
        self._owners = {known for known, name in names.items() if name == self._owner}
        if not self._owners or mark in self._owners:
            return ""
        return (
            f"published by {names.get(mark, 'an unknown node')}, not by {self._owner}, "
            "whose topic it is"
        )
