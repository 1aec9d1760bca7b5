# SPDX-License-Identifier: Apache-2.0
"""Fetches messages as bytes when asked to, so that no arrival wakes the process's Python."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rclpy.subscription import Subscription
from talus_core.errors import RefusedInputError
from talus_core.graph.contract import speaker_of
from talus_core.graph.trace import TRACE_KINDS, TRACED_TOPICS, Block, TraceReader, trace_path
from talus_ros.fast_link_node import FastLink
from talus_ros.intake.intake_node import intakes_of
from talus_ros.intake.speakers_node import Speakers

from talus_recorder import conversions as convert
from talus_recorder.listening.intake import Intake, LogTime
from talus_recorder.listening.topics import (
    ROBOT_STATE_TOPIC,
    WATCHED,
    RecordedTopic,
)


@dataclass(frozen=True)
class _Ear:
    """Hold a subscription, and the number of its channel."""

    number: int
    name: str
    depth: int
    kind: type
    subscription: Subscription
    take: Callable[[type, bool], Any]
    speakers: Speakers | None


@dataclass
class _Source:
    """Hold the trace of a node."""

    reader: TraceReader
    topics: tuple[str, ...]
    is_subscribed: bool = True  # whether its topics are subscribed to as well


class Listener:
    """Fetches topics by best effort and deep queues, fast ones from their nodes' shared memory."""

    def __init__(
        self,
        node: Node,
        intake: Intake,
        log_time: LogTime,
        watch: Callable[[str, bytes], None],
        topics: Sequence[RecordedTopic],
    ):
        """Subscribe to `topics`, in the order of their channels.

        `watch` hears every message of WATCHED.
        """
        self.newest: dict[str, bytes] = {}
        self._intake = intake
        self._intakes = intakes_of(node)
        self._log_time = log_time
        self._watch = watch
        self._node = node
        self._link = FastLink(node)  # keeps executors away
        self._ears = [self._subscribe(number, topic) for number, topic in enumerate(topics, 1)]
        domain = node.context.get_domain_id()
        namespace = node.get_namespace()
        self._sources = [
            _Source(TraceReader(trace_path(domain, namespace, owner)), topics)
            for owner, topics in TRACED_TOPICS.items()
        ]
        names = [topic.name for topic in topics]
        self._traced = {kind: (names.index(name) + 1, name) for name, kind in TRACE_KINDS.items()}

    def fetch(self) -> None:
        """Fetch all messages that have come."""
        missed = [source.reader.missed for source in self._sources]
        traced = [source.reader.read() for source in self._sources]
        for ear in self._ears:
            self._take(ear)
        for source, blocks, before in zip(self._sources, traced, missed, strict=True):
            if source.is_subscribed and blocks:  # this time, its content came both ways
                self._leave_to_the_trace(source)
            elif not source.is_subscribed:
                self._add_traced(blocks)
                self._intake.missed += source.reader.missed - before

    def _subscribe(self, number: int, topic: RecordedTopic) -> _Ear:
        kind = convert.message_type(topic.kind)
        qos = QoSProfile(depth=topic.depth, reliability=ReliabilityPolicy.BEST_EFFORT)
        subscription = self._link.subscribe(kind, topic.name, lambda data: None, qos, raw=True)
        # These tell time and events; what others say there is recorded, but not believed.
        owner = speaker_of(topic.name) if topic.name in (ROBOT_STATE_TOPIC, *WATCHED) else ""
        return _Ear(
            number=number,
            name=topic.name,
            depth=topic.depth,
            kind=kind,
            subscription=subscription,
            take=subscription.handle.take_message,
            speakers=Speakers(self._node, subscription.topic_name, owner) if owner else None,
        )

    def _add_traced(self, blocks: list[Block]) -> None:
        """Add what nodes had in their hands, by their own clocks."""
        for block in blocks:
            number, name = self._traced[block.kind]
            self._intake.add_block(number, block.data, self._log_time.of_steady(block.times))
            self.newest[name] = block.data[-1].tobytes()
            if name in WATCHED:
                for data in block.data:
                    self._look_at(name, data.tobytes())

    def _look_at(self, topic: str, data: bytes) -> None:
        self._intakes.attempt(topic, partial(self._watch, topic, data))

    def _leave_to_the_trace(self, source: _Source) -> None:
        source.is_subscribed = False
        for ear in [ear for ear in self._ears if ear.name in source.topics]:
            self._link.unsubscribe(ear.subscription)
            self._ears.remove(ear)

    def _take(self, ear: _Ear) -> None:
        add = self._intake.add
        see = self._intake.see_sequence
        of = self._log_time.of
        number = ear.number
        kind = ear.kind
        take = ear.take
        is_watched = ear.name in WATCHED
        newest = None
        for _ in range(ear.depth):
            taken = take(kind, True)
            if taken is None:
                break
            data, facts = taken
            received = facts["received_timestamp"]
            sequence = facts.get("publication_sequence_number") or 0
            came = of(received)
            see((number, facts.get("publisher_gid", {}).get("data")), sequence)
            add(number, data, came, came - max(received - facts["source_timestamp"], 0), sequence)
            if ear.speakers is not None and (stranger := ear.speakers.stranger(facts)):
                self._intakes.refuse(ear.name, stranger)
                continue
            newest = data
            if is_watched:
                self._look_at(ear.name, data)
        if newest is not None:
            self._intakes.attempt(ear.name, partial(self._keep, ear.name, newest))

    def _keep(self, topic: str, data: bytes) -> None:
        """Keep the newest message of a topic, unless it is too short for what is read of it."""
        if topic == ROBOT_STATE_TOPIC and len(data) < convert.FORCE_FROM_END + convert.STAMP_AT:
            raise RefusedInputError(f"{len(data)} bytes that are no robot_state")
        self.newest[topic] = data
