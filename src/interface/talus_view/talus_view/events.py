# SPDX-License-Identifier: Apache-2.0
"""What a person does on the page, as data; the page puts events in, the node's loop takes them out."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto


class Kind(Enum):
    """Of an event; what `value` then is, in brackets."""

    CALL = auto()  # a button that calls a service (name in `SERVICES`)
    PUSH = auto()  # push the simulated robot (name in `PUSHES`)
    WALK_HELD = auto()  # a walk button says that it is held, ten times a second (name in teleop's DIRECTIONS)
    WALK_PRESSED = auto()  # a walk button was clicked (name)
    HALT = auto()  # stop walking and stand
    PAGE_ANSWERED = auto()  # the page is alive
    PAGE_LEFT = auto()  # the page is gone


@dataclass(frozen=True)
class PageEvent:
    """One event.

    Attributes:
        kind: What happened.
        client: Number of the browser page in which it happened.
        wall: s of wall time at which it happened.
        value: See `Kind`.
    """

    kind: Kind
    client: int
    wall: float
    value: str = ""


@dataclass(frozen=True)
class Choices:
    """What the page's switches are set to.

    Attributes:
        camera: Name of the camera to show, or `NO_CAMERA`.
        ground: Which of `GROUNDS` lies on the floor.
        speed_share: Of full walking speed, 0 to 1.
        push: Impulse of a push in N s.
        is_walk_kept, is_followed, has_voxels, has_marks: Keep walking, follow the robot, draw voxels, draw balance.
    """

    camera: str
    ground: str
    speed_share: float
    push: float
    is_walk_kept: bool
    is_followed: bool
    has_voxels: bool
    has_marks: bool


SERVICES: dict[str, str] = {
    "STOP": "safety/stop",
    "Arm": "safety/arm",
    "Reset": "safety/reset",
    "Stand": "balance/stand",
    "Sit": "balance/sit",
}
PUSHES: dict[str, tuple[float, float]] = {  # unit impulse in the robot's heading frame: forward, left
    "ahead": (1.0, 0.0),
    "back": (-1.0, 0.0),
    "left": (0.0, 1.0),
    "right": (0.0, -1.0),
}
NO_CAMERA = "off"
GROUNDS = ("none", "occupancy", "elevation")
