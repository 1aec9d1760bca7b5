# SPDX-License-Identifier: Apache-2.0
"""Defines the events around which seconds are kept."""

from __future__ import annotations

from dataclasses import dataclass

# Kinds of events; the first that is not routine names the file.
EVENT_START = "start"
EVENT_END = "end"
EVENT_LOWERED = "lowered"
EVENT_LEVEL = "level"
EVENT_LATCH = "latch"
EVENT_FALL = "fall"
EVENT_FAULT = "fault"
EVENT_INTERRUPTED = "interrupted"
ROUTINE_EVENTS = (EVENT_START, EVENT_END, EVENT_LOWERED)


@dataclass(frozen=True)
class Happening:
    """Describe an event that happened.

    Attributes:
        kind: One of the above.
        text: What happened, in words.
        log_time: Time in the recording, ns.
        time: Time on the recorder's timeline, s.
        robot_time: ROS time of the newest robot_state, s.
    """

    kind: str
    text: str
    log_time: int
    time: float
    robot_time: float

    @property
    def is_routine(self) -> bool:
        """Return whether the event happens in every ordinary run."""
        return self.kind in ROUTINE_EVENTS


def name_of(events: list[Happening] | tuple[Happening, ...]) -> str:
    """Return the kind that a file with these events is named after."""
    return next((event.kind for event in events if not event.is_routine), events[0].kind)
