# SPDX-License-Identifier: Apache-2.0
"""Decides which part of the timeline is kept, from before an event to after the last near it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from talus_recorder.happenings.events import Happening


@dataclass(frozen=True)
class Span:
    """Describe a span to keep, `begin` to `end`, s, because of `events`."""

    begin: float
    end: float
    events: tuple[Happening, ...]


class Keeper:
    """Joins events that are near one another into one span."""

    def __init__(self, before: float, after: float, longest: float):
        self._before = before
        self._after = after
        self._longest = longest
        self._open: Span | None = None

    def hear(self, events: Iterable[Happening]) -> list[Span]:
        """Take events in order of time; return spans that had grown too long for them."""
        done = []
        for event in events:
            span = self._open
            if span is not None and event.time > max(span.end, span.begin + self._longest):
                done.append(span)
                span = None
            elif (
                span is not None
                and event.time + self._after > span.begin + self._before + self._longest
            ):
                done.append(Span(span.begin, event.time, span.events))
                span = None
            begin = event.time - self._before if span is None else span.begin
            before = () if span is None else span.events
            self._open = Span(begin, event.time + self._after, (*before, event))
        return done

    def due(self, now: float) -> Span | None:
        """Return the span that is over, once."""
        span = self._open
        if span is None or now < span.end:
            return None
        self._open = None
        return span

    def finish(self) -> Span | None:
        """Return the span that is open: nothing more will come."""
        span = self._open
        self._open = None
        return span

    def needs_from(self, now: float) -> float:
        """Return the time before which nothing will be needed, s."""
        before = now - self._before
        return before if self._open is None else min(before, self._open.begin)
