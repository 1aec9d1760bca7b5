# SPDX-License-Identifier: Apache-2.0
"""Says what a door is by which others reach a node or a tool, and knocks at it.

A knock is one input, made of a sample that is right; what comes out of a door that should contain
it is a finding, told with the smallest input that shows it.
"""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol
from zlib import crc32

import numpy as np

MOST_CHARACTERS = 2000  # of an input that is shown
# CPU time of this process after which one input hangs: a thousand times what the slowest needs.
HANGS_AFTER_S = 60.0


class Mutation(Protocol):
    """Names what a door needs of the way in which its inputs are made."""

    def made(self, chance: random.Random, sample: Any) -> Any:
        """Return an input that is almost the sample."""

    def smallest(self, value: Any, sample: Any, fails: Callable[[Any], bool]) -> Any:
        """Return the input without what a failure does not need."""


@dataclass(frozen=True)
class Door:
    """Describe one way into a node or a tool.

    Attributes:
        name: Node or tool, and topic, service, socket or file.
        mutation: How inputs are made.
        sample: An input that is right.
        take: Lets an input in; what it raises should not have come out.
        share: Of the knocks that other doors get; slow doors get fewer.
    """

    name: str
    mutation: Mutation
    sample: Any
    take: Callable[[Any], None]
    share: float = 1.0


class HangError(BaseException):
    """Says that an input keeps the process busy; no shell may contain it, so it is no Exception."""


@dataclass(frozen=True)
class Knocks:
    """Hold what knocking at one door showed.

    Attributes:
        played: Number of inputs.
        cpu_s: CPU time of this process that they took, s.
        finding: What came out, with its smallest input; empty where nothing did.
    """

    played: int
    cpu_s: float
    finding: str


def knock(door: Door, seed: int, count: int) -> Knocks:
    """Knock until something comes out, `count` times at most; at least once."""
    chance = random.Random(crc32(f"{seed} {door.name}".encode()))
    wanted = max(1, round(count * door.share))
    begin = time.process_time()
    finding, played = "", 0
    with np.errstate(all="ignore"):
        while played < wanted and not finding:
            finding = _complaint(door, chance)
            played += 1
    return Knocks(played, time.process_time() - begin, finding)


def taken(door: Door, value: Any) -> BaseException | None:
    """Return what comes out of a door that should contain it, or None."""
    try:
        with _bounded_time():
            door.take(value)
    except (Exception, HangError, SystemExit) as error:
        return error
    return None


def _complaint(door: Door, chance: random.Random) -> str:
    value = door.mutation.made(chance, door.sample)
    error = taken(door, value)
    if error is None:
        return ""

    def fails(trial: Any) -> bool:
        return type(taken(door, trial)) is type(error)

    smallest = (
        value if isinstance(error, HangError) else door.mutation.smallest(value, door.sample, fails)
    )
    told = " ".join(f"{type(error).__name__}: {error}".split())[:400]
    return f"{door.name}: {told}: {str(smallest)[:MOST_CHARACTERS]}"


@contextmanager
def _bounded_time() -> Iterator[None]:
    """Raise HangError in a block that takes too much CPU time, where it runs Python at all."""
    before = signal.signal(signal.SIGVTALRM, _hang)
    signal.setitimer(signal.ITIMER_VIRTUAL, HANGS_AFTER_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0.0)
        signal.signal(signal.SIGVTALRM, before)


def _hang(*_: object) -> None:
    raise HangError(f"busy for {HANGS_AFTER_S:g} s of CPU time")
