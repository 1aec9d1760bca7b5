# SPDX-License-Identifier: Apache-2.0
"""Lets the messages of one topic in: those of whom they are for, as far as they can be read."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from rclpy.node import Node

from talus_ros.intake.intake_node import intakes_of
from talus_ros.intake.speakers_node import Speakers


@dataclass(frozen=True)
class Passage:
    """Describe the way of a message from its bytes to the node.

    Attributes:
        read: Makes a value of the bytes; what it raises is the sender's fault.
        take: Takes the value.
        newest: How many of the messages that came together are of use; 0: all.
        owner: Name of the node whose messages alone count; empty: everybody's.
        is_loop: `take` is the node's own loop, whose errors are not contained.
    """

    read: Callable[[bytes], Any]
    take: Callable[[Any], None]
    newest: int = 0
    owner: str = ""
    is_loop: bool = False


class Door:
    """Contains what the messages of one topic lead to.

    Attributes:
        label: What the node calls the topic.
    """

    def __init__(self, node: Node, label: str, topic: str, passage: Passage):
        """Take the topic's name as the node calls it, and its full name."""
        self.label = label
        self._passage = passage
        self._held: deque[Any] = deque(maxlen=passage.newest)
        self._intakes = intakes_of(node)
        self._speakers = Speakers(node, topic, passage.owner) if passage.owner else None

    def let_in(self, data: bytes, facts: Any) -> None:
        """Take a message with what rclpy knows of it, unless its sender is a stranger."""
        if self._speakers is not None and (stranger := self._speakers.stranger(facts)):
            self._intakes.refuse(self.label, stranger)
        else:
            self._hear(data)

    def step(self) -> None:
        """Hand over the newest of what was let in, where only these are of use."""
        while self._held:
            value = self._held.popleft()
            if self._passage.is_loop:
                self._passage.take(value)
            else:
                self._intakes.attempt(self.label, partial(self._passage.take, value))

    def take(self, data: bytes) -> None:
        """Take the bytes of one message, as if nothing else had come."""
        self._hear(data)
        self.step()

    def _hear(self, data: bytes) -> None:
        try:
            value = self._passage.read(data)
            if not self._passage.newest:
                self._passage.take(value)
                return
        except Exception as error:  # whatever a stranger's message led to
            self._intakes.refuse(self.label, error)
            return
        self._held.append(value)
