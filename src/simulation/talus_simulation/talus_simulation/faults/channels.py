# SPDX-License-Identifier: Apache-2.0
"""Spoil a message channel: what is put in comes out late, twice, spoilt, or not at all."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from typing import TypeVar

import numpy as np
from talus_core.graph.channel import Effect

from talus_simulation.faults.signals import Bursts

Message = TypeVar("Message")
Spoil = Callable[[Message, np.random.Generator], Message]


def make_effect(
    effect: str,
    severity: float,
    period: float,
    spoilers: Mapping[str, Spoil],
    random: np.random.Generator,
) -> Effect:
    """Build the fault `effect` of a channel.

    `spoilers`: what garbage, wrong and nan make of one message.
    """
    ticks = max(1, round(severity / period))
    makers: dict[str, Callable[[], Effect]] = {
        "off": lambda: lambda messages, tick: [],
        "stuck": _Stuck,
        "slow": lambda: _Slow(ticks),
        "delayed": lambda: _Delayed(ticks),
        "intermittent": lambda: _Intermittent(Bursts(severity, period, random)),
        "drop": lambda: lambda messages, tick: [m for m in messages if random.random() >= severity],
        "duplicate": lambda: lambda messages, tick: [m for m in messages for _ in range(2)],
        "reorder": lambda: _Reorder(severity, random),
        "replay": lambda: _Replay(ticks),
        "flood": lambda: (
            lambda messages, tick: [m for m in messages for _ in range(round(severity))]
        ),
    }
    if effect in spoilers:
        spoil = spoilers[effect]
        return lambda messages, tick: [spoil(message, random) for message in messages]
    return makers[effect]()


class _Stuck:
    def __init__(self) -> None:
        self._last: list = []

    def __call__(self, messages: list, tick: int) -> list:
        self._last = self._last or messages[-1:]
        return self._last


class _Slow:
    def __init__(self, every: int):
        self._every = every
        self._next = 0

    def __call__(self, messages: list, tick: int) -> list:
        if not messages or tick < self._next:
            return []
        self._next = tick + self._every
        return messages[-1:]


class _Delayed:
    def __init__(self, ticks: int):
        self._ticks = ticks
        self._waiting: deque[tuple[int, list]] = deque()

    def __call__(self, messages: list, tick: int) -> list:
        self._waiting.append((tick + self._ticks, messages))
        due: list = []
        while self._waiting and self._waiting[0][0] <= tick:
            due += self._waiting.popleft()[1]
        return due


class _Intermittent:
    def __init__(self, bursts: Bursts):
        self._bursts = bursts

    def __call__(self, messages: list, tick: int) -> list:
        return [] if self._bursts() else messages


class _Reorder:
    """Lets some messages be overtaken by those of the next tick."""

    def __init__(self, share: float, random: np.random.Generator):
        self._share = share
        self._random = random
        self._held: list = []

    def __call__(self, messages: list, tick: int) -> list:
        overtaken = self._held
        self._held = []
        through: list = []
        for message in messages:
            (
                self._held if not overtaken and self._random.random() < self._share else through
            ).append(message)
        return through + overtaken


class _Replay:
    def __init__(self, ticks: int):
        self._past: deque[list] = deque(maxlen=ticks + 1)

    def __call__(self, messages: list, tick: int) -> list:
        self._past.append(messages)
        return messages + (self._past[0] if len(self._past) == self._past.maxlen else [])
