# SPDX-License-Identifier: Apache-2.0
"""How high the body may stand over feet that are far apart: no leg is longer than its links."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pinocchio as pin

from talus_balance.estimation.estimator import BaseEstimate
from talus_balance.model.robot_dynamics import FrameTerms, WholeBodyModel

STRETCH = 0.985  # of the straight leg: a knee bent by 20 degrees, short of where it no longer lifts the body
LOWEST = 0.6  # of the straight leg: lower does not help the reach


class LegReach:
    """Lengths of the legs from the model, whose neutral pose is straight; everything in m."""

    def __init__(self, model: WholeBodyModel):
        q = pin.neutral(model.model)
        data = model.model.createData()
        pin.framesForwardKinematics(model.model, data, q)
        base = data.oMf[model.base]
        self._hips, self._ankles, self._lengths = [], [], []
        for foot, group in zip(model.feet, ("left_leg", "right_leg"), strict=True):
            joints = model.description.groups[group]
            hip, ankle = (data.oMi[model.model.getJointId(name)].translation for name in (joints[0], joints[-1]))
            self._hips.append(base.actInv(hip))
            self._ankles.append(data.oMf[foot].actInv(ankle))
            self._lengths.append(STRETCH * float(np.linalg.norm(ankle - hip)))

    def highest_base(
        self, base: BaseEstimate, soles: Sequence[FrameTerms], feet: Sequence[np.ndarray], stiff: Sequence[bool]
    ) -> float:
        """Height of the base at which every leg reaches its foot, m in odom.

        Args:
            base: Where it is.
            soles: Left and right, now.
            feet: (3,) m each, left and right: from the base on the map's plane, and height in odom, where the soles are
                to be reached.
            stiff: Legs that stay as long as they are.
        """
        heights = []
        for side, foot in enumerate(feet):
            hip = base.rotation @ self._hips[side]
            ankle = soles[side].rotation @ self._ankles[side]
            away = foot[:2] + ankle[:2] - hip[:2]
            length = self._lengths[side]
            if stiff[side]:
                now = soles[side].position + ankle - base.position - hip
                length = min(length, math.sqrt(now @ now))
            flat = float(away[0] * away[0] + away[1] * away[1])
            leg = math.sqrt(max(length * length - flat, (LOWEST * length) ** 2))
            heights.append(float(foot[2] + ankle[2] - hip[2]) + leg)
        return min(heights)
