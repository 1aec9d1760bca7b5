# SPDX-License-Identifier: Apache-2.0
"""Weigh what the robot carries: mass and lever by which the soles' forces contradict the model.

Newton and Euler about the model's centre of mass c: what weight and change of momentum leave of the
soles' forces is the weight of a mass m that the model lacks, at a place d beside c: F - p' = m g,
M_c - L' = d x m g (An, Atkeson, Hollerbach, "Estimation of inertial parameters of rigid body links
of manipulators", CDC 1985; one link here).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from talus_core.clamp import clamp
from talus_dynamics.robot_dynamics import FrameTerms, WholeBodyModel

WEIGHING_PERIOD_TICKS = 4  # 8 ms, a seventieth of a step
LEARNING_TIME_S = 3.0  # some five steps: longer than what a shove or a stumble shakes
HEAVIEST_LOAD_KG = 15.0  # more than the arms' drives hold
# By which the centre of mass is moved at most: five times the error of building it
FARTHEST_LOAD_M = 0.05
# Of the weight, and of weight times 1 m: more is a shove or a touchdown
STRANGE_SHARES = np.array([0.3, 0.05, 0.05])


class PayloadWatch:
    """Learn mass and lever that the model lacks; call `step_payload` at every tick on the feet.

    Attributes:
        mass: kg that the bare model lacks.
        moment: (3,) kg m, its first moment about the base, in base axes.
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
            model: Of this tick.
            soles: Left and right.
            wrenches: (2, 6) N and N m of the ground on the soles, in their axes.
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
            missing[3:] += sole.rotation @ wrench[3:] + np.cross(sole.position - model.com, force)
        missing[3:] = model.rotation.T @ missing[3:]
        share = self._dt / (LEARNING_TIME_S * model.gravity)
        up, x, y = share * clamp(
            np.array([missing[2], -missing[4], missing[3]]), STRANGE_SHARES * model.weight
        )
        mass = min(max(self.mass + up, -HEAVIEST_LOAD_KG), HEAVIEST_LOAD_KG)
        moment = self.moment + (mass - self.mass) * model.com_in_base + np.array([x, y, 0.0])
        # what moves the centre of mass: the own mass times its way
        aside = moment - mass * model.com_in_base
        farthest = FARTHEST_LOAD_M * (model.mass - self.mass)
        self.mass = mass
        self.moment = moment - aside + clamp(aside, farthest)
        model.carry(self.mass, self.moment)
