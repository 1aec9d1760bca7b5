# SPDX-License-Identifier: Apache-2.0
"""How much friction each sole has: what it gave when it slid is all there is; that is forgotten slowly."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from talus_balance.estimation.estimator import EstimatorConfig

SETTLE = 0.02  # s of sliding over which forces are averaged: the sensors' 8 N are a third of what friction 0.05 gives
FORGET = 3.0  # s: three steps of the same foot, or a patch of a metre
LEAST = 0.03  # of any two materials; the cone must stay well defined
AGAINST = 0.7  # cosine between a force and what it brakes: 45 degrees; else something other than friction is at work
LIES, ROCKS = 0.4, 0.05  # rise over run, slopes of 22 degrees, and m/s, noise: steeper, the sole rolls over an edge
LOADED = EstimatorConfig.trust_share  # of the weight: less on a sole that lands or lifts tells nothing
PLENTY = 1.0  # rubber on a dry floor, before anything is known


class Grip:
    """Call `step` every tick on the feet.

    Attributes:
        friction: (2,) Coulomb coefficients, upper bounds.
        slips: Which sole slides.
    """

    def __init__(self, dt: float):
        self._dt = dt
        self.reset()

    def reset(self) -> None:
        """Nothing is known."""
        self.friction = np.full(2, PLENTY)
        self.slips = (False, False)
        self._slid, self._force = [0.0, 0.0], np.zeros((2, 3))

    def step(self, forces: np.ndarray, velocities: np.ndarray, slides: Sequence[bool], weight: float) -> None:
        """One tick.

        Args:
            forces: (2, 3) N of the ground on the soles, in odom.
            velocities: (2, 3) m/s of the soles.
            slides: Which soles move over the ground, by the estimator.
            weight: N.
        """
        self.friction = self.friction + (PLENTY - self.friction) * (self._dt / FORGET)
        self.slips = tuple(self._slips(side, forces[side], velocities[side], slides[side], weight) for side in (0, 1))

    def _slips(self, side: int, force: np.ndarray, velocity: np.ndarray, slides: bool, weight: float) -> bool:
        vx, vy, vz = velocity.tolist()
        speed = math.hypot(vx, vy)
        lies = abs(vz) < LIES * speed + ROCKS
        if force[2] < LOADED * weight or not slides or not lies:
            self._force[side], self._slid[side] = force, 0.0
            return False
        self._force[side] += (force - self._force[side]) * (self._dt / SETTLE)
        fx, fy, fz = self._force[side].tolist()
        size = math.hypot(fx, fy)
        brakes = -(fx * vx + fy * vy) > AGAINST * size * speed
        self._slid[side] = self._slid[side] + self._dt if brakes or size < LEAST * fz else 0.0
        if self._slid[side] < SETTLE:
            return False
        self.friction[side] = max(min(self.friction[side], size / fz), LEAST)
        return True
