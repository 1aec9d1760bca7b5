# SPDX-License-Identifier: Apache-2.0
"""Gains of acceleration tasks, and the feedback of orientation tasks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pinocchio as pin


@dataclass(frozen=True)
class Gains:
    """Feedback of a task: acc = kp * error - kd * velocity error, times `weight` in the cost. kp 1/s^2, kd 1/s."""

    weight: float
    kp: float = 0.0
    kd: float = 0.0


def orientation_acceleration(
    rotation: np.ndarray,
    angular_velocity: np.ndarray,
    desired: np.ndarray,
    gains: Gains,
    desired_rate: np.ndarray | float = 0.0,
) -> np.ndarray:
    """(3,) rad/s^2 in world axes that turns `rotation` to `desired`, both frame to world."""
    error = pin.log3(desired @ rotation.T)
    return gains.kp * error + gains.kd * (desired_rate - angular_velocity)
