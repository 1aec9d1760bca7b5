# SPDX-License-Identifier: Apache-2.0
"""Defines gains of acceleration tasks, and the feedback of orientation tasks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from talus_dynamics.rotation_vectors import vector_from_rotation

from talus_balance.size.dimensions import PER_TIME, PER_TIME_SQUARED, SAME, sized


@dataclass(frozen=True)
class Gains:
    """Holds the gains of a task's feedback: acc = kp * error - kd * velocity error.

    Attributes:
        weight: Weight relative to the other tasks, per (m/s^2)^2 or (rad/s^2)^2.
        kp: Gain on the error, 1/s^2.
        kd: Gain on the velocity error, 1/s.
    """

    weight: float = sized(0.0, SAME)
    kp: float = sized(0.0, PER_TIME_SQUARED)
    kd: float = sized(0.0, PER_TIME)


def orientation_acceleration(
    rotation: np.ndarray,
    angular_velocity: np.ndarray,
    desired: np.ndarray,
    gains: Gains,
    desired_rate: np.ndarray | float = 0.0,
) -> np.ndarray:
    """Return (3,) rad/s^2 in world axes that turns `rotation` to `desired`, both frame to world."""
    error = vector_from_rotation(desired @ rotation.T)
    return gains.kp * error + gains.kd * (desired_rate - angular_velocity)
