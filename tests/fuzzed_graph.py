# SPDX-License-Identifier: Apache-2.0
"""Makes doors of the topics and services of a node, with inputs that are almost right."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from fuzzed_doors import Door
from fuzzed_samples import message_sample, request_sample
from message_mutation import evil_bytes, minimised, minimised_bytes, mutated
from rclpy.node import Node
from rclpy.serialization import serialize_message
from talus_ros.fast_link_node import FastLink

OPERATOR_KEY = b"\x5a" * 32
SLOW_SERVICES = {"driver sim/reset": 0.02}  # of the knocks of other doors: a third of a second each


class MessageBytes:
    """Makes the bytes of a message: one in five as a message whose failure is cut down by field."""

    def made(self, chance: random.Random, sample: Any) -> Any:
        """Return a message with evil fields, or its bytes."""
        return mutated(chance, sample) if chance.random() < 0.2 else evil_bytes(chance, sample)

    def smallest(self, value: Any, sample: Any, fails: Callable[[Any], bool]) -> Any:
        """Return what of a message, or of its bytes, a failure needs."""
        if isinstance(value, bytes):
            return minimised_bytes(value, fails)
        return minimised(value, sample, fails)


class Requests:
    """Makes requests of services with evil fields."""

    def made(self, chance: random.Random, sample: Any) -> Any:
        """Return a request."""
        return mutated(chance, sample)

    def smallest(self, value: Any, sample: Any, fails: Callable[[Any], bool]) -> Any:
        """Return the request with the sample's fields wherever a failure spares them."""
        return minimised(value, sample, fails)


@dataclass(frozen=True)
class Fuzzed:
    """Holds a node, what its loop does after a message, and its share of the knocks."""

    name: str
    node: Node
    links: tuple[FastLink, ...]
    after: Callable[[], object] = lambda: None
    share: float = 1.0

    def doors(self) -> Iterable[Door]:
        """Yield the doors of all its topics and services, those of its parameters too."""
        for link in self.links:
            for _, kind, door in link._served.values():
                sample = message_sample(door.label, kind)
                yield message_door(
                    f"{self.name} {door.label}", sample, self._take(door), self.share
                )
        for service in self.node.services:
            name = service.srv_name.removeprefix("/")
            sample = request_sample(service.srv_type)
            label = f"{self.name} {name}"
            share = SLOW_SERVICES.get(label, self.share)
            yield Door(label, Requests(), sample, self._serve(service), share)

    def _take(self, door: Any) -> Callable[[bytes], None]:
        def take(data: bytes) -> None:
            door.take(data)
            self.after()

        return take

    def _serve(self, service: Any) -> Callable[[Any], None]:
        def serve(request: Any) -> None:
            service.callback(request, service.srv_type.Response())
            self.after()

        return serve


def message_door(name: str, sample: Any, take: Callable[[bytes], None], share: float = 1.0) -> Door:
    """Return the door of a topic; `take` gets the bytes of a message."""

    def let_in(value: Any) -> None:
        take(value if isinstance(value, bytes) else serialize_message(value))

    return Door(name, MessageBytes(), sample, let_in, share)
