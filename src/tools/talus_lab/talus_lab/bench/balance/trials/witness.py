# SPDX-License-Identifier: Apache-2.0
"""Watches a trial by the ground truth: falls, and how the base moves in its own heading."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

import numpy as np
from talus_core.physics import GRAVITY_MPS2
from talus_core.rotations import wrap_angle

from talus_lab.bench.balance.trials.trial import TrialOutcome, Vector
from talus_lab.rig.rig import Rig

WITNESS_TICKS = 10  # 20 ms between two looks: no fall is faster, no walk is curved within
NOWHERE_M = 0.5  # a robot that got no farther has no cost of transport
LAST_SPAN_S = 1.0  # two steps, so that the sway of one does not count as speed


@dataclass(frozen=True)
class _Start:
    """Holds what a rig had spent and where it was when the watch began."""

    time: float
    energy: float
    cpu: float
    position: np.ndarray
    heading: float


class Witness:
    """Watches from the warm start on and controls nothing; call `note_tick` every tick.

    Attributes:
        fell: It was seen to have fallen.
    """

    def __init__(self, rig: Rig):
        """Begin to watch."""
        self.fell = False
        self._rig = rig
        self._tick = 0
        self._start = _Start(
            time=rig.time,
            energy=rig.driver.energy_used,
            cpu=rig.cpu,
            position=rig.truth.position,
            heading=rig.heading(),
        )
        self._position = self._start.position
        self._heading = self._start.heading
        self._sum = np.zeros(3)
        looks = round(LAST_SPAN_S / (WITNESS_TICKS * rig.driver.period))
        self._last: deque[np.ndarray] = deque(maxlen=looks)

    def note_tick(self) -> None:
        """Look at the robot after a tick, where this is the one for it."""
        self._tick += 1
        if self._tick % WITNESS_TICKS:
            return
        position = self._rig.truth.position
        heading = self._rig.heading()
        turn = wrap_angle(heading - self._heading)
        step = _turned(position - self._position, -(self._heading + 0.5 * turn))
        moved = np.array([step[0], step[1], turn])
        self._sum += moved
        self._last.append(moved)
        self._position = position
        self._heading = heading
        self.fell = self._rig.has_fallen()

    @property
    def moved(self) -> np.ndarray:
        """Return how far it came since the warm start: (forward, left) m in its heading there."""
        return _turned(self._position - self._start.position, -self._start.heading)

    def outcome(self) -> TrialOutcome:
        """Return what was seen so far."""
        seconds = self._rig.time - self._start.time
        looks = WITNESS_TICKS * self._rig.driver.period
        last = np.zeros(3)
        if self._last:
            last = np.sum(self._last, axis=0) / (looks * len(self._last))
        energy = float(self._rig.driver.energy_used - self._start.energy)
        moved = self.moved
        distance = float(np.linalg.norm(moved))
        weight = self._rig.driver.mass * GRAVITY_MPS2  # costs of transport are compared on earth
        return TrialOutcome(
            fell=self.fell,
            seconds=round(seconds, 6),
            moved=(float(moved[0]), float(moved[1])),
            velocity=_vector(self._sum / max(seconds, looks)),
            last_velocity=_vector(last),
            energy=energy,
            cost=energy / (weight * distance) if distance > NOWHERE_M else 0.0,
            tick=(self._rig.cpu - self._start.cpu) / max(self._tick, 1),
        )


def _vector(values: np.ndarray) -> Vector:
    return float(values[0]), float(values[1]), float(values[2])


def _turned(vector: np.ndarray, angle: float) -> np.ndarray:
    """Return the level part (2,) of a vector, turned about the vertical by `angle` rad."""
    c = math.cos(angle)
    s = math.sin(angle)
    return np.array([c * vector[0] - s * vector[1], s * vector[0] + c * vector[1]])
