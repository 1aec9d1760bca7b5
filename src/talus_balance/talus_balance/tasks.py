# SPDX-License-Identifier: Apache-2.0
"""Acceleration tasks and the stack that turns them into the QP's cost."""

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


class TaskStack:
    """Preallocated rows sqrt(w) J and sqrt(w) (acc - drift); `clear`, then `add`, then `rows`."""

    def __init__(self, nv: int, capacity: int = 48):
        self._jacobian = np.zeros((capacity, nv))
        self._target = np.zeros(capacity)
        self._used = 0

    def clear(self) -> None:
        """Forget all rows."""
        self._used = 0

    def add(self, weight: float, jacobian: np.ndarray, acceleration: np.ndarray, drift: np.ndarray) -> None:
        """Append a task: jacobian (m, nv), acceleration and drift (m,)."""
        rows = slice(self._used, self._used + jacobian.shape[0])
        root = np.sqrt(weight)
        np.multiply(jacobian, root, out=self._jacobian[rows])
        self._target[rows] = root * (acceleration - drift)
        self._used = rows.stop

    def rows(self) -> tuple[np.ndarray, np.ndarray]:
        """Weighted Jacobian (m, nv) and target (m,) so far."""
        return self._jacobian[: self._used], self._target[: self._used]


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
