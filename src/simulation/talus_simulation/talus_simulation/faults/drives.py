# SPDX-License-Identifier: Apache-2.0
"""Spoil the drives' torque between their control law and the joint."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from math import exp

import numpy as np

from talus_simulation.faults.signals import Bursts

LOCK_FRICTION_NM = 2000.0  # N m of dry friction in a locked joint: ten times the strongest drive
# In which a locked joint stops: the least of the solver, two physics steps.
LOCK_STOP_TIME_S = 0.002
# Of the peak, between what a drive gives and what a sound one would; currents are known to 0.01.
VISIBLE_TORQUE_FRACTION = 0.02
# Of the peak, that a lock bears: twice the dry friction of a sound joint.
VISIBLE_LOCK_FRACTION = 0.1
# Over which that is taken: the jolt with which a slow joint stops is one of many in a step.
VISIBLE_LOCK_WINDOW_S = 0.01

Shape = Callable[[np.ndarray], None]  # changes the torques (n,) in place, once per physics step


class DriveFaults:
    """Holds all faults of one body's drives; with none, `is_idle`, the drives ask nothing else.

    Attributes:
        peak: (n,) N m.
        step: s, of the physics.
        locked: (n,) joints that do not turn.
        touched: (n,) joints whose torque is not what was commanded.
        shows: What they do differs from what sound drives do, since the last fault came or went.
        left: (n,) part of its peak torque that each drive says it can still give.
        blind: (n,) joints whose drive does not know its angle; `seen_position`, `seen_velocity`:
            what it believes.
    """

    def __init__(self, peak: np.ndarray, step: float):
        self.peak = peak
        self.step = step
        self.clear()

    def clear(self) -> None:
        """Make all drives well."""
        n = len(self.peak)
        self.is_idle = True
        self.shows = False
        self.locked, self.touched, self.blind = (np.zeros(n, dtype=bool) for _ in range(3))
        self.seen_position = np.zeros(n)
        self.seen_velocity = np.zeros(n)
        self.left = np.ones(n)
        self._borne = np.zeros(n)  # N m, by locks
        self._shapes: list[Shape] = []
        self._cuts: list[Shape] = []

    def add(self, joints: np.ndarray, shape: Shape | None = None, cut: Shape | None = None) -> None:
        """Let `shape` act on the torque of `joints` before the drives' limits, `cut` after them."""
        self.touched[joints] = True
        self._shapes += [shape] if shape else []
        self._cuts += [cut] if cut else []
        self.is_idle = False

    def lock(self, joints: np.ndarray) -> None:
        """Lock these joints, until all are well."""
        self.locked = self.locked.copy()  # anew, so that a body sees the change by identity
        self.locked[joints] = True
        self.is_idle = False

    def believe(self, joints: np.ndarray, position: np.ndarray, velocity: np.ndarray) -> None:
        """Tell the drives' own loops what the encoders of these joints say."""
        self.blind[joints] = True
        self.touched[joints] = True
        self.seen_position[joints] = position
        self.seen_velocity[joints] = velocity
        self.is_idle = False

    def seen(self, position: np.ndarray, velocity: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return what the drives believe of angle and speed, each (n,)."""
        if not self.blind.any():
            return position, velocity
        return (
            np.where(self.blind, self.seen_position, position),
            np.where(self.blind, self.seen_velocity, velocity),
        )

    def shape(self, effort: np.ndarray) -> None:
        """Shape torques (n,) N m before the limits of winding and voltage."""
        self._change(self._shapes, effort)

    def cut(self, effort: np.ndarray) -> None:
        """Cut torques (n,) N m after the limits.

        A drive that does not know its angle cannot commutate, and gives nothing.
        """
        self._change(self._cuts, effort)
        if self.blind.any():
            effort[self.blind & ~np.isfinite(self.seen_position)] = 0.0

    def bear(self, load: np.ndarray) -> None:
        """Take what the joints' friction bears, (n,) N m, every step while one is locked."""
        self._borne += min(self.step / VISIBLE_LOCK_WINDOW_S, 1.0) * (load - self._borne)
        self.shows = self.shows or bool(
            (np.abs(self._borne) > VISIBLE_LOCK_FRACTION * self.peak)[self.locked].any()
        )

    def _change(self, changes: list[Shape], effort: np.ndarray) -> None:
        if not changes:
            return
        sound = effort.copy()
        for change in changes:
            change(effort)
        self.shows = self.shows or bool(
            (np.abs(effort - sound) > VISIBLE_TORQUE_FRACTION * self.peak).any()
        )


def open_windings(joints: np.ndarray) -> Shape:
    """Return a cut to no torque."""

    def cut(effort: np.ndarray) -> None:
        effort[joints] = 0.0

    return cut


def in_bursts(joints: np.ndarray, bursts: Bursts) -> Shape:
    """Return a cut to no torque while a burst lasts."""

    def cut(effort: np.ndarray) -> None:
        if bursts():
            effort[joints] = 0.0

    return cut


def random_torque(joints: np.ndarray, most: np.ndarray, random: np.random.Generator) -> Shape:
    """Return a random torque of up to `most` (m,) N m either way."""

    def shape(effort: np.ndarray) -> None:
        effort[joints] = most * random.uniform(-1.0, 1.0, len(joints))

    return shape


def constant_torque(joints: np.ndarray, torque: np.ndarray) -> Shape:
    """Return the torque (m,) N m whatever is commanded."""

    def shape(effort: np.ndarray) -> None:
        effort[joints] = torque

    return shape


def scaled(joints: np.ndarray, factor: float) -> Shape:
    """Return torque by another torque constant than the drive believes."""

    def cut(effort: np.ndarray) -> None:
        effort[joints] *= factor

    return cut


def lagging(joints: np.ndarray, time_constant: float, step: float) -> Shape:
    """Return a lag of first order."""
    keep = exp(-step / time_constant)
    last: list[np.ndarray] = []

    def cut(effort: np.ndarray) -> None:
        before = last[0] if last else effort[joints].copy()
        now = keep * before + (1.0 - keep) * effort[joints]
        last[:] = [now]
        effort[joints] = now

    return cut


def delayed(joints: np.ndarray, steps: int) -> Shape:
    """Return the torque of `steps` physics steps ago."""
    past: deque[np.ndarray] = deque(maxlen=steps + 1)

    def cut(effort: np.ndarray) -> None:
        past.append(effort[joints].copy())
        effort[joints] = past[0]

    return cut


def fading(joints: np.ndarray, peak: np.ndarray, within: float, faults: DriveFaults) -> Shape:
    """Let the limit of hot windings go to nothing within so many s, and the drives say so.

    `peak`: (m,) N m.
    """
    steps = [0]

    def cut(effort: np.ndarray) -> None:
        steps[0] += 1
        left = max(0.0, 1.0 - steps[0] * faults.step / within)
        most = left * peak
        faults.left[joints] = left
        faults.shows = True  # it says so
        effort[joints] = np.clip(effort[joints], -most, most)

    return cut
