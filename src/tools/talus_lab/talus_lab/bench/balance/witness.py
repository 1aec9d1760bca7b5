# SPDX-License-Identifier: Apache-2.0
"""Watches a trial by the ground truth: falls, and how the base moves in its own heading."""

from __future__ import annotations

import math
from collections import deque

import numpy as np
from talus_core.physics import GRAVITY_MPS2
from talus_core.rotations import wrap_angle

from talus_lab.bench.balance.trial import Outcome
from talus_lab.bench.rig import Rig

WITNESS_TICKS = 10  # 20 ms between two looks: no fall is faster, no walk is curved within
NOWHERE = 0.5  # m
LAST_S = 1.0  # two steps, so that the sway of one does not count as speed


class Witness:
    """`see` every tick from the warm start on; controls nothing."""

    def __init__(self, rig: Rig):
        self.fell = False
        self._rig = rig
        self._tick = 0
        self._started = rig.time
        self._energy, self._cpu = rig.driver.energy_used, rig.cpu
        self._origin, self._first_heading = rig.truth.position, rig.heading()
        self._position, self._heading = self._origin, self._first_heading
        self._sum = np.zeros(3)
        self._last: deque[np.ndarray] = deque(maxlen=round(LAST_S / (WITNESS_TICKS * rig.driver.period)))

    def see(self) -> None:
        """A tick has passed."""
        self._tick += 1
        if self._tick % WITNESS_TICKS:
            return
        position, heading = self._rig.truth.position, self._rig.heading()
        turn = wrap_angle(heading - self._heading)
        step = _turned(position - self._position, -(self._heading + 0.5 * turn))
        moved = np.array([step[0], step[1], turn])
        self._sum += moved
        self._last.append(moved)
        self._position, self._heading = position, heading
        self.fell = self._rig.has_fallen()

    @property
    def moved(self) -> np.ndarray:
        """(forward, left) m since the warm start, in the heading that the robot had there."""
        return _turned(self._position - self._origin, -self._first_heading)

    def outcome(self) -> Outcome:
        """Of all that was seen."""
        seconds = self._rig.time - self._started
        looks = WITNESS_TICKS * self._rig.driver.period
        last = np.sum(self._last, axis=0) / (looks * len(self._last)) if self._last else np.zeros(3)
        energy = float(self._rig.driver.energy_used - self._energy)
        distance = float(np.linalg.norm(self.moved))
        return Outcome(
            fell=self.fell,
            seconds=round(seconds, 6),
            moved=tuple(map(float, self.moved)),
            velocity=tuple(map(float, self._sum / max(seconds, looks))),
            last_velocity=tuple(map(float, last)),
            energy=energy,
            cost=energy / (self._rig.driver.mass * GRAVITY_MPS2 * distance) if distance > NOWHERE else 0.0,
            tick=(self._rig.cpu - self._cpu) / max(self._tick, 1),
        )


def _turned(vector: np.ndarray, angle: float) -> np.ndarray:
    """The level part (2,) of a vector, turned about the vertical by `angle` rad."""
    c, s = math.cos(angle), math.sin(angle)
    return np.array([c * vector[0] - s * vector[1], s * vector[0] + c * vector[1]])
