# SPDX-License-Identifier: Apache-2.0
"""Plans the height of the centre of mass: by a posture change, or as far as legs reach."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from talus_dynamics.leg_reach import LegReach
from talus_dynamics.robot_dynamics import FrameTerms, WholeBodyModel
from talus_estimation.estimator import BaseEstimate

from talus_balance.stepping.gait_types import GaitInput, GaitOutput
from talus_balance.whole_body.com_height import ComHeight, HeightReference
from talus_balance.whole_body.posture_move import PostureReference

REACH_PERIOD_TICKS = 4  # ticks between checks of the reach: in 8 ms the body moves by 1 cm


class HeightPlan:
    """Keeps the height over the ground smooth, and low enough for the coming landing."""

    def __init__(self, model: WholeBodyModel, dt: float, double_time: float):
        """Take the `double_time` for which a foot carries on after the other has landed, s."""
        self._model = model
        self._reach = LegReach(model)
        self._com_height = ComHeight(dt)
        self._double_time = double_time
        self._highest: float | None = None  # m in odom that legs reach; None until asked for
        self._ticks = 0

    def ground_rises(self, rise: float) -> None:
        """Count the height from a ground that is `rise` m higher."""
        self._com_height.ground_rises(rise)

    def follow_posture(self, posture: PostureReference) -> HeightReference:
        """Return the height of a change of posture."""
        self._highest = None
        self._ticks += 1
        self._com_height.reset(posture.com_height)
        return HeightReference(posture.com_height, posture.com_speed, posture.com_acceleration)

    def stay_within_reach(
        self,
        wanted: float,
        ground: float,
        gait: GaitOutput,
        gait_input: GaitInput,
        base: BaseEstimate,
        soles: Sequence[FrameTerms],
        stiff: tuple[bool, bool],
    ) -> HeightReference:
        """Return the height of this tick on the feet; all heights are in m.

        Args:
            wanted: Height over the ground, where the legs allow it.
            ground: Height of the ground in odom.
            gait: Output of the gait in this tick.
            gait_input: Input of the gait in this tick.
            base: Where the base is.
            soles: Terms of the left and the right sole.
            stiff: Which legs cannot be stretched.
        """
        highest = self._highest
        if highest is None or self._ticks % REACH_PERIOD_TICKS == 0:
            feet = self._feet_at_landing(gait, gait_input, base)
            above = float(gait_input.com[2] - base.position[2])
            highest = self._reach.highest_base(base, soles, feet, stiff) + above
            self._highest = highest
        self._ticks += 1
        height = min(wanted, highest - ground)
        return self._com_height.step_height(height, gait.landing_in, self._model.gravity)

    def _feet_at_landing(
        self, gait: GaitOutput, gait_input: GaitInput, base: BaseEstimate
    ) -> list[np.ndarray]:
        """Return the positions (3,), m, of both feet relative to the base at the landing."""
        lands = _travel(gait, gait_input, gait.landing_in)
        lifts = _travel(gait, gait_input, gait.landing_in + self._double_time)
        feet = []
        for side, sole in enumerate(gait_input.sole_positions):
            if side == gait.landing_side and gait.landing is not None:
                height = sole[2] if gait.landing_height is None else gait.landing_height
                place = gait.landing - lands - base.position[:2]
            else:
                swing = gait.swing if gait.swing_side == side else None
                height = sole[2] if swing is None else swing.position[2]
                place = sole[:2] - lifts - base.position[:2]
            feet.append(np.array([*place, height]))
        return feet


def _travel(gait: GaitOutput, gait_input: GaitInput, time: float) -> np.ndarray:
    """Return the way (2,), m, that the inverted pendulum moves in `time`, s."""
    grows = math.exp(gait_input.omega * time)
    cosh = 0.5 * (grows + 1.0 / grows)
    sinh = 0.5 * (grows - 1.0 / grows)
    falls = (cosh - 1.0) * (gait_input.com[:2] - gait.centre_of_pressure)
    return falls + sinh / gait_input.omega * gait_input.com_velocity[:2]
