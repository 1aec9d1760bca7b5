# SPDX-License-Identifier: Apache-2.0
"""Learns the friction under each sole from its force while it slid, and forgets it slowly."""

from __future__ import annotations

import math

import numpy as np

from talus_estimation.sole_trust import SoleTrustConfig

# s of sliding over which forces are averaged: the sensors' noise of 8 N is a third of what a
# friction of 0.05 gives.
SLIDING_MEAN_S = 0.02
FORGOTTEN_AFTER_S = 3.0  # s: three steps of the same foot, or a patch of a metre
LEAST_FRICTION = 0.03  # lower than between any two materials; the cone must stay well defined
FULL_FRICTION = 1.0  # friction of rubber on a dry floor, used before anything is known
# Least cosine between a force and what it brakes, 45 degrees: beyond it something else than
# friction acts.
BRAKING_COSINE = 0.7
# Rise over run (slopes of 22 degrees), and m/s of noise: a sole that sinks faster while it moves
# rolls over an edge.
SLIDING_SLOPE = 0.4
SLIDING_NOISE_MPS = 0.05
# Share of the weight: with less a sole lands or lifts, and shows nothing.
LOADED_SHARE = SoleTrustConfig.share


class Grip:
    """Learns the friction of the soles; call `observe_soles` every tick on the feet.

    Attributes:
        friction: (2,) Coulomb coefficients, upper bounds.
        slips: Which sole slides, left and right.
    """

    def __init__(self, dt: float):
        self._dt = dt
        self.reset()

    def reset(self) -> None:
        """Forget what was known of the ground."""
        self.friction = np.full(2, FULL_FRICTION)
        self.slips = (False, False)
        self._slid_for = [0.0, 0.0]
        self._mean_force = np.zeros((2, 3))

    def observe_soles(
        self,
        *,
        forces: np.ndarray,
        velocities: np.ndarray,
        slides: tuple[bool, bool],
        weight: float,
    ) -> None:
        """Learn from one tick.

        Args:
            forces: (2, 3) forces of the ground on the soles in odom, N.
            velocities: (2, 3) velocities of the soles, m/s.
            slides: Which soles move over the ground, by the estimator.
            weight: Weight of the body, N.
        """
        forgotten = self._dt / FORGOTTEN_AFTER_S
        self.friction = self.friction + (FULL_FRICTION - self.friction) * forgotten
        left = self._slips(0, forces[0], velocities[0], slides[0], weight)
        right = self._slips(1, forces[1], velocities[1], slides[1], weight)
        self.slips = (left, right)

    def _slips(
        self, side: int, force: np.ndarray, velocity: np.ndarray, slides: bool, weight: float
    ) -> bool:
        """Tell whether that sole slips; if so, its force is all that friction gives."""
        vx, vy, vz = velocity.tolist()
        speed = math.hypot(vx, vy)
        lies_flat = abs(vz) < SLIDING_SLOPE * speed + SLIDING_NOISE_MPS
        if force[2] < LOADED_SHARE * weight or not slides or not lies_flat:
            self._mean_force[side] = force
            self._slid_for[side] = 0.0
            return False
        self._mean_force[side] += (force - self._mean_force[side]) * (self._dt / SLIDING_MEAN_S)
        fx, fy, fz = self._mean_force[side].tolist()
        size = math.hypot(fx, fy)
        brakes = -(fx * vx + fy * vy) > BRAKING_COSINE * size * speed
        slides_freely = brakes or size < LEAST_FRICTION * fz
        self._slid_for[side] = self._slid_for[side] + self._dt if slides_freely else 0.0
        if self._slid_for[side] < SLIDING_MEAN_S:
            return False
        self.friction[side] = max(min(self.friction[side], size / fz), LEAST_FRICTION)
        return True
