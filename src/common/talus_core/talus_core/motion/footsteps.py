# SPDX-License-Identifier: Apache-2.0
"""Defines a footstep that is proposed to balance, which may refuse it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Footstep:
    """Proposes a place where a foot should land; a sequence begins with the next step.

    Attributes:
        side: Foot that steps: 0 left, 1 right.
        position_in_odom: (3,) centre of its sole, m.
        yaw_in_odom: Heading of the sole, rad.
    """

    side: int
    position_in_odom: np.ndarray
    yaw_in_odom: float
