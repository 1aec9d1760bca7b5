# SPDX-License-Identifier: Apache-2.0
"""From planned joint accelerations and torques to drive-level targets that stay close to the measured joints."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class DriveConfig:
    """Stiffness and damping as shares of each actuator's torque limit, and the leak of the integrated references.

    Attributes:
        stiffness: kp = stiffness * tau_max, 1/rad.
        damping: kd = damping * tau_max, s/rad.
        leak: s, time constant with which the references fall back to the measured joints.
        hold_stiffness, hold_damping: The same while holding a pose without the whole-body controller.
    """

    stiffness: float = 0.5
    damping: float = 0.01
    leak: float = 0.04
    hold_stiffness: float = 1.5
    hold_damping: float = 0.03


class DriveTargets:
    """Leaky integration of accelerations (n,) into velocity and position references."""

    def __init__(self, leak: float, dt: float):
        self._keep = 1.0 - dt / leak
        self._dt = dt
        self._last: tuple[np.ndarray, np.ndarray] | None = None

    def reset(self) -> None:
        """The next references start at the measured joints."""
        self._last = None

    def step(
        self, position: np.ndarray, velocity: np.ndarray, acceleration: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """References (n,), (n,) for this tick: relax to the measured joints, then integrate the acceleration."""
        if self._last is None:
            self._last = (position, velocity)
        q_ref, dq_ref = self._last
        dq_ref = velocity + self._keep * (dq_ref - velocity) + self._dt * acceleration
        q_ref = position + self._keep * (q_ref - position) + self._dt * dq_ref
        self._last = (q_ref, dq_ref)
        return self._last
