# SPDX-License-Identifier: Apache-2.0
"""Propose a footstep to balance, which may refuse it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Footstep:
    """Propose a place where a foot shall land; a sequence begins with the next step.

    Attributes:
        side: Foot that steps, 0 left, 1 right.
        position_in_odom: (3,) m, of the centre of its sole.
        yaw_in_odom: rad, heading of the sole.
    """

    side: int
    position_in_odom: np.ndarray
    yaw_in_odom: float
