# SPDX-License-Identifier: Apache-2.0
"""Keeps the newest message of each topic, and counts how many came, without decoding."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

ValueT = TypeVar("ValueT")


class MessageInbox:
    """Keeps serialised messages by topic."""

    def __init__(self) -> None:
        self.newest: dict[str, bytes] = {}
        self._counts: Counter[str] = Counter()
        self._sequences: dict[str, tuple[int, int]] = {}

    def taker(self, topic: str, counts: bool = True) -> Callable[[bytes], None]:
        """Return a handler for the raw messages of a topic."""

        def take(data: bytes) -> None:
            if counts:
                self._counts[topic] += 1
            self.newest[topic] = data

        return take

    def see_sequence(self, topic: str, sequence: int) -> None:
        """Count a fast topic by the number that its messages carry."""
        first, _ = self._sequences.get(topic, (sequence, sequence))
        self._sequences[topic] = (first, sequence)

    def begin(self) -> None:
        """Count messages from here on."""
        self._counts = Counter(dict.fromkeys(self._counts, 0))
        self._sequences = {
            topic: (newest, newest) for topic, (_, newest) in self._sequences.items()
        }

    def rates(self, seconds: float) -> dict[str, float]:
        """Return messages per second over the `seconds` since `begin`, by topic."""
        totals = dict(self._counts) | {
            topic: newest - first for topic, (first, newest) in self._sequences.items()
        }
        return {topic: totals[topic] / seconds for topic in sorted(totals)} if seconds > 0.0 else {}

    def silent(self, topics: Iterable[str]) -> tuple[str, ...]:
        """Return those of `topics` of which nothing has come yet."""
        return tuple(
            topic for topic in topics if topic not in self.newest and topic not in self._sequences
        )


class Decoded(Generic[ValueT]):
    """Holds one topic's newest message, decoded only when it is asked for and has changed.

    A message that is not for us, of which `decode` makes None, leaves the one before.
    """

    def __init__(self, inbox: MessageInbox, topic: str, decode: Callable[[bytes], ValueT | None]):
        self._inbox = inbox
        self._topic = topic
        self._decode = decode
        self._data: bytes | None = None
        self._value: ValueT | None = None

    def get(self) -> ValueT | None:
        """Return the newest message that is for us; None before the first."""
        data = self._inbox.newest.get(self._topic)
        if data is not None and data is not self._data:
            self._data = data
            value = self._decode(data)
            self._value = self._value if value is None else value
        return self._value
