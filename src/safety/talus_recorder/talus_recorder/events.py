# SPDX-License-Identifier: Apache-2.0
"""What is worth keeping the seconds around."""

from __future__ import annotations

from dataclasses import dataclass

# Of an event; the first that is not routine names the file.
START, END, LOWERED = "start", "end", "lowered"
LEVEL, LATCH, FALL, FAULT, INTERRUPTED = "level", "latch", "fall", "fault", "interrupted"
ROUTINE = (START, END, LOWERED)


@dataclass(frozen=True)
class Event:
    """Something happened.

    Attributes:
        kind: One of the above.
        text: In words.
        log_time: Of the recording, ns.
        time: Of the recorder's timeline, s.
        robot_time: ROS time of the newest robot_state, s.
    """

    kind: str
    text: str
    log_time: int
    time: float
    robot_time: float

    @property
    def is_routine(self) -> bool:
        """Whether it happens in every ordinary run."""
        return self.kind in ROUTINE


def name_of(events: list[Event] | tuple[Event, ...]) -> str:
    """The kind that a file with these events is named after."""
    return next((event.kind for event in events if not event.is_routine), events[0].kind)
