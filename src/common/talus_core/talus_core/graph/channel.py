# SPDX-License-Identifier: Apache-2.0
"""Carries messages between the driver and the nodes around it, with room for transport faults.

A simulated body can stage such faults.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

MessageT = TypeVar("MessageT")
# Turns the messages sent in one tick, and that tick's number, into the messages that arrive in it.
Effect = Callable[[list, int], list]


class Channel(Generic[MessageT]):
    """Hands on what is put in: at once and in order, unless effects act on it.

    Attributes:
        effects: Faults that act now, in the order in which a message meets them.
    """

    def __init__(self) -> None:
        self._sent: list[MessageT] = []
        self.effects: list[Effect] = []

    @property
    def is_sound(self) -> bool:
        """Tell whether no fault acts on the channel."""
        return not self.effects

    def put(self, message: MessageT) -> None:
        """Send a message in this tick."""
        self._sent.append(message)

    def take(self, tick: int) -> list[MessageT]:
        """Return all messages that arrive in `tick`; call it once a tick."""
        messages = self._sent
        self._sent = []
        for effect in self.effects:
            messages = effect(messages, tick)
        return messages
