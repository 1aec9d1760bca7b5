# SPDX-License-Identifier: Apache-2.0
"""Say how high the body may stand over feet far apart: no leg is longer than its links."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Protocol

import numpy as np
import pinocchio as pin

from talus_dynamics.robot_dynamics import FrameTerms, WholeBodyModel

LEG_STRETCH_SHARE = 0.985  # of the straight leg: a knee bent by 20 degrees still lifts the body
LOWEST_LEG_SHARE = 0.6  # of the straight leg: lower does not help the reach


class PlacedBase(Protocol):
    """Say where the base is in odom, as an estimate of it does."""

    @property
    def position(self) -> np.ndarray:
        """Return (3,) m."""

    @property
    def rotation(self) -> np.ndarray:
        """Return (3, 3) from base to odom."""


class LegReach:
    """Know the lengths of the legs, m, from the model, whose neutral pose is straight."""

    def __init__(self, model: WholeBodyModel):
        q = pin.neutral(model.model)
        data = model.model.createData()
        pin.framesForwardKinematics(model.model, data, q)
        base = data.oMf[model.base]
        self._hips: list[np.ndarray] = []
        self._ankles: list[np.ndarray] = []
        self._lengths: list[float] = []
        for foot, group in zip(model.feet, ("left_leg", "right_leg"), strict=True):
            joints = model.description.groups[group]
            hip, ankle = (
                data.oMi[model.model.getJointId(name)].translation
                for name in (joints[0], joints[-1])
            )
            self._hips.append(base.actInv(hip))
            self._ankles.append(data.oMf[foot].actInv(ankle))
            self._lengths.append(LEG_STRETCH_SHARE * float(np.linalg.norm(ankle - hip)))

    def highest_base(
        self,
        base: PlacedBase,
        soles: Sequence[FrameTerms],
        feet: Sequence[np.ndarray],
        stiff: Sequence[bool],
    ) -> float:
        """Return the height of the base at which every leg reaches its foot, m in odom.

        Args:
            base: Where it is.
            soles: Left and right, now.
            feet: (3,) m each, left and right: from the base on the map's plane, and height in odom,
                where the soles are to be reached.
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
            leg = math.sqrt(max(length * length - flat, (LOWEST_LEG_SHARE * length) ** 2))
            heights.append(float(foot[2] + ankle[2] - hip[2]) + leg)
        return min(heights)
