# SPDX-License-Identifier: Apache-2.0
"""Repeats in the rig what driver and balance node did, and finds how long both are equal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from talus_core.robot import load_robot
from talus_core.state import RobotState
from talus_lab.rig.fork import in_fork
from talus_lab.rig.rig import Rig

ROBOT = Path(__file__).parents[1] / "urdf" / "talus40"
EARLIEST = 3  # ticks that the balance node may be behind the process that speaks to it
LATEST = 400  # ticks until a word has arrived: only the computer bounds that, some 60 were seen
SURE = 100  # ticks of equality that no wrong tick gives
ARRAYS = (
    "position",
    "velocity",
    "effort",
    "angular_velocity",
    "linear_acceleration",
    "foot_wrenches",
)


@dataclass(frozen=True)
class Story:
    """Holds what was recorded of the nodes; ticks are sequence numbers of RobotState.

    Attributes:
        seed: Of the driver.
        states: Bytes of the sensor values by tick.
        answered: Ticks whose state the balance node answered.
        permitted: Tick at which the gate let torque start.
        words: When the operator said what to the balance node: (tick, attribute of the rig, value).
    """

    seed: int
    states: dict[int, bytes]
    answered: frozenset[int]
    permitted: int
    words: tuple[tuple[int, str, object], ...]


def sensor_bytes(state: RobotState) -> bytes:
    """Return all that the sensors say, as bytes."""
    return b"".join(np.ascontiguousarray(getattr(state, name)).tobytes() for name in ARRAYS)


def equal_until(story: Story) -> int:
    """Return the first tick at which the rig differs from the nodes, or the one after the last."""
    end = max(story.states) + 1
    rig = Rig(load_robot(ROBOT), seed=story.seed, model_error=True)
    rig.torque = rig.stand = False
    follower = _Follower(rig, story)
    for said, name, value in story.words:
        first = said - EARLIEST
        tick = follower.follow(first)
        if tick < first:
            return tick
        heard = next(
            (
                at
                for at in range(first, said + LATEST)
                if in_fork(_trial(follower, at, name, value))
            ),
            said,
        )
        follower.follow(heard)
        setattr(rig, name, value)
    return follower.follow(end)


def _trial(follower: _Follower, at: int, name: str, value: object) -> Callable[[], bool]:
    def is_true() -> bool:
        if follower.follow(at) < at:
            return False
        setattr(follower.rig, name, value)
        return follower.follow(at + SURE) == at + SURE

    return is_true


class _Follower:
    def __init__(self, rig: Rig, story: Story):
        self.rig, self._story = rig, story
        self._tick = 0
        rig.disturbances.misses = lambda: self._tick not in story.answered

    def follow(self, until: int) -> int:
        """Go on until a tick; return where it stopped, because it differs or is there."""
        rig, story = self.rig, self._story
        while self._tick < until:
            recorded = story.states.get(self._tick)
            if recorded is not None and sensor_bytes(rig.driver.read(rig.time)) != recorded:
                break
            rig.permitted = self._tick >= story.permitted
            rig.step()
            self._tick += 1
        return self._tick
