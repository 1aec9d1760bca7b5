# SPDX-License-Identifier: Apache-2.0
"""Weighs what the robot carries: mass and lever by which the soles' forces contradict the model.

It applies Newton's and Euler's laws about the model's centre of mass c. What weight and change of
momentum leave of the soles' forces is the weight of a mass m that the model lacks, at a place d
beside c: F - p' = m g, M_c - L' = d x m g (An, Atkeson, Hollerbach, "Estimation of inertial
parameters of rigid body links of manipulators", CDC 1985; one link here).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from talus_core.clamp import clamp
from talus_core.rotations import cross
from talus_dynamics.robot_dynamics import FrameTerms, WholeBodyModel

WEIGHING_PERIOD_TICKS = 4  # ticks between two weighings: 8 ms, a seventieth of a step
LEARNING_TIME_S = 3.0  # s, some five steps: longer than a shove or a stumble shakes the body
HEAVIEST_LOAD_OF_MASS = 15.0 / 57.0  # share of the robot's mass: more than its arms can hold
# m by which a load moves the centre of mass at most: five times the model's own error
FARTHEST_LOAD_M = 0.05
# Shares of the weight, and of weight times 1 m: more is a shove or a touchdown.
STRANGE_SHARES = np.array([0.3, 0.05, 0.05])


class PayloadWatch:
    """Learns mass and lever that the model lacks; call `step_payload` at every tick on the feet.

    Attributes:
        mass: Mass that the bare model lacks, kg.
        moment: (3,) first moment of that mass about the base, in base axes, kg m.
    """

    def __init__(self, dt: float):
        self._dt = dt * WEIGHING_PERIOD_TICKS
        self.reset()

    def reset(self) -> None:
        """Forget what is carried."""
        self.mass = 0.0
        self.moment = np.zeros(3)
        self._ticks = 0
        self._before: np.ndarray | None = None

    def step_payload(
        self, model: WholeBodyModel, soles: Sequence[FrameTerms], wrenches: np.ndarray
    ) -> None:
        """Compare one tick; every few ticks the model is given what it still lacks.

        Args:
            model: Model of this tick.
            soles: Terms of the left and the right sole.
            wrenches: (2, 6) force, N, and moment, N m, of the ground on the soles, in their axes.
        """
        self._ticks += 1
        if self._ticks % WEIGHING_PERIOD_TICKS:
            return
        before = self._before
        self._before = model.momentum
        if before is None:
            return
        missing = -(model.momentum - before) / self._dt
        missing[2] -= model.weight
        for sole, wrench in zip(soles, wrenches, strict=True):
            force = sole.rotation @ wrench[:3]
            missing[:3] += force
            missing[3:] += sole.rotation @ wrench[3:] + cross(sole.position - model.com, force)
        missing[3:] = model.rotation.T @ missing[3:]
        share = self._dt / (LEARNING_TIME_S * model.gravity)
        up, x, y = share * clamp(
            np.array([missing[2], -missing[4], missing[3]]), STRANGE_SHARES * model.weight
        )
        heaviest = HEAVIEST_LOAD_OF_MASS * (model.mass - self.mass)
        mass = min(max(self.mass + up, -heaviest), heaviest)
        moment = self.moment + (mass - self.mass) * model.com_in_base + np.array([x, y, 0.0])
        # Part of the moment that moves the centre of mass: the robot's own mass times its way.
        aside = moment - mass * model.com_in_base
        farthest = FARTHEST_LOAD_M * (model.mass - self.mass)
        self.mass = mass
        self.moment = moment - aside + clamp(aside, farthest)
        model.carry(self.mass, self.moment)
