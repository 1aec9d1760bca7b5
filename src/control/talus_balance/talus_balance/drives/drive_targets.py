# SPDX-License-Identifier: Apache-2.0
"""Turns planned joint accelerations into drive targets that stay near the measured joints."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from talus_balance.size.dimensions import SAME, sized


@dataclass(frozen=True)
class DriveConfig:
    """Configures stiffness and damping as shares of each actuator's torque limit, and the leak.

    Attributes:
        stiffness: Stiffness kp over the torque limit, 1/rad.
        damping: Damping kd over the torque limit, s/rad.
        leak: Time constant with which the references fall back to the measured joints, s.
        hold_stiffness, hold_damping: Stiffness and damping while holding a pose without the
            whole-body controller.
    """

    stiffness: float = sized(0.5, SAME)
    damping: float = sized(0.01, SAME)
    leak: float = sized(0.04, SAME)
    hold_stiffness: float = sized(1.5, SAME)
    hold_damping: float = sized(0.03, SAME)


class DriveTargets:
    """Integrates accelerations (n,) into velocity and position references, with a leak."""

    def __init__(self, leak: float, dt: float):
        self._keep = 1.0 - dt / leak
        self._dt = dt
        self._last: tuple[np.ndarray, np.ndarray] | None = None

    @property
    def velocity(self) -> np.ndarray | None:
        """Return the newest velocity reference (n,), rad/s; None before the first."""
        return None if self._last is None else self._last[1]

    def reset(self) -> None:
        """Start the next references at the measured joints."""
        self._last = None

    def step_targets(
        self, position: np.ndarray, velocity: np.ndarray, acceleration: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the position (n,), rad, and velocity (n,), rad/s, references of this tick.

        They relax to the measured joints, then the acceleration is integrated.
        """
        if self._last is None:
            self._last = (position, velocity)
        q_ref, dq_ref = self._last
        dq_ref = velocity + self._keep * (dq_ref - velocity) + self._dt * acceleration
        q_ref = position + self._keep * (q_ref - position) + self._dt * dq_ref
        self._last = (q_ref, dq_ref)
        return self._last
