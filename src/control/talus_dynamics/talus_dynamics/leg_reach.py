# SPDX-License-Identifier: Apache-2.0
"""Computes how high the body may stand over feet far apart: no leg is longer than its links."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Protocol

import numpy as np
import pinocchio as pin

from talus_dynamics.robot_dynamics import FrameTerms, WholeBodyModel

LEG_STRETCH_SHARE = 0.985  # share of the straight leg's length: a knee bent by 20 degrees can lift
LOWEST_LEG_SHARE = 0.6  # share of the straight leg's length: a shorter leg reaches no farther


class PlacedBase(Protocol):
    """Say where the base is in odom, as an estimate of it does."""

    @property
    def position(self) -> np.ndarray:
        """Return (3,) m."""

    @property
    def rotation(self) -> np.ndarray:
        """Return (3, 3) from base to odom."""


class LegReach:
    """Holds the lengths of the legs, m, from the model, whose neutral pose is straight."""

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
        """Return the height of the base in odom at which every leg reaches its foot, m.

        Args:
            base: Where the base is.
            soles: Terms of the left and the right sole now.
            feet: (3,) places to reach, left and right, m: from the base on the map's plane, and
                height in odom.
            stiff: Which legs keep their length.
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
