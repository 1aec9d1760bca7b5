# SPDX-License-Identifier: Apache-2.0
"""Turn planned joint accelerations into targets of drives that stay near the measured joints."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from talus_balance.dimensions import SAME, sized


@dataclass(frozen=True)
class DriveConfig:
    """Give stiffness and damping as shares of each actuator's torque limit, and the leak.

    Attributes:
        stiffness: kp = stiffness * tau_max, 1/rad.
        damping: kd = damping * tau_max, s/rad.
        leak: s, time constant with which the references fall back to the measured joints.
        hold_stiffness, hold_damping: The same while holding a pose without the whole-body
            controller.
    """

    stiffness: float = sized(0.5, SAME)
    damping: float = sized(0.01, SAME)
    leak: float = sized(0.04, SAME)
    hold_stiffness: float = sized(1.5, SAME)
    hold_damping: float = sized(0.03, SAME)


class DriveTargets:
    """Integrate accelerations (n,) into velocity and position references, with a leak."""

    def __init__(self, leak: float, dt: float):
        self._keep = 1.0 - dt / leak
        self._dt = dt
        self._last: tuple[np.ndarray, np.ndarray] | None = None

    def reset(self) -> None:
        """Start the next references at the measured joints."""
        self._last = None

    def step_targets(
        self, position: np.ndarray, velocity: np.ndarray, acceleration: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return position and velocity references (n,), (n,) of this tick.

        They relax to the measured joints, then the acceleration is integrated.
        """
        if self._last is None:
            self._last = (position, velocity)
        q_ref, dq_ref = self._last
        dq_ref = velocity + self._keep * (dq_ref - velocity) + self._dt * acceleration
        q_ref = position + self._keep * (q_ref - position) + self._dt * dq_ref
        self._last = (q_ref, dq_ref)
        return self._last
