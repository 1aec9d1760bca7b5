# SPDX-License-Identifier: Apache-2.0
"""Computes how far a hand may be from its shoulder: no arm is longer than its links."""

from __future__ import annotations

import numpy as np
import pinocchio as pin
from talus_core.clamp import clamp_norm

from talus_dynamics.robot_dynamics import WholeBodyModel

ARM_GROUPS = ("left_arm", "right_arm")
ARM_STRETCH_SHARE = 0.985  # share of the straight arm's length: an elbow bent by 20 degrees


class ArmReach:
    """Holds shoulder and length of one arm, which the model's neutral pose stretches."""

    def __init__(self, model: WholeBodyModel, side: int, hand: int):
        """Measure the arm `side` (0 left, 1 right) with the hand's frame `hand`."""
        self._model = model
        self._shoulder = model.model.getJointId(model.description.groups[ARM_GROUPS[side]][0])
        data = model.model.createData()
        pin.framesForwardKinematics(model.model, data, pin.neutral(model.model))
        straight = data.oMf[hand].translation - data.oMi[self._shoulder].translation
        self._length = ARM_STRETCH_SHARE * float(np.linalg.norm(straight))

    def within(self, position: np.ndarray) -> np.ndarray:
        """Return the place (3,) in odom nearest to `position` that the arm reaches now, m."""
        shoulder = self._model.data.oMi[self._shoulder].translation
        return shoulder + clamp_norm(position - shoulder, self._length)
