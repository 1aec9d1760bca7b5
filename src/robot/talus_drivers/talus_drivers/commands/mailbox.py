# SPDX-License-Identifier: Apache-2.0
"""Keep the commands that arrived, until the tick that they are for."""

from __future__ import annotations

import numpy as np
from talus_core.state import JointCommand

MAILBOX_CAPACITY = 64  # frames between two ticks; a flood beyond it is counted and dropped


class CommandMailbox:
    """Keeps frames by the state that they answer, and hands one per tick to the last gate.

    Where several frames are there, a sound one goes before a malformed one: a stray sender of NaN
    cannot starve the controller. Frames not handed over are counted.
    """

    def __init__(self, size: int):
        """Begin empty; `size`: joints of the robot."""
        self._size = size
        self._frames: list[JointCommand] = []
        self.malformed = 0  # dropped beside a sound frame, or in a flood
        self.superseded = 0  # sound, but a newer one was there too

    def put(self, command: JointCommand) -> None:
        """Keep a frame as it arrived."""
        if len(self._frames) >= MAILBOX_CAPACITY:
            self.malformed += 1
        else:
            self._frames.append(command)

    def take(self, wanted: int, tick: int) -> JointCommand | None:
        """Take out the newest frame that answers state `wanted` or an older one.

        Frames for later states up to `tick` stay.
        """
        due = [frame for frame in self._frames if not wanted < frame.sequence <= tick]
        if not due:
            return None
        self._frames = [frame for frame in self._frames if wanted < frame.sequence <= tick]
        if len(due) == 1:
            return due[0]
        return self._choose(due, tick)

    def _choose(self, due: list[JointCommand], tick: int) -> JointCommand:
        sound = [frame for frame in due if frame.sequence <= tick and is_sound(frame, self._size)]
        chosen = max(sound or due, key=lambda frame: frame.sequence)
        self.superseded += max(0, len(sound) - 1)
        self.malformed += len(due) - max(1, len(sound))
        return chosen


def is_sound(command: JointCommand, size: int) -> bool:
    """Whether all sizes are right and all numbers finite."""
    arrays = (command.position, command.velocity, command.effort, command.kp, command.kd)
    return all(len(array) == size and np.isfinite(array).all() for array in arrays)
