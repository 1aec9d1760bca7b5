# SPDX-License-Identifier: Apache-2.0
"""Follows what joints pass on to their links: what drives give less what damping and rotors take.

A geared rotor is as hard to turn as its leg, or harder: in a small robot that steps, most of a
drive's torque goes into its own rotor.
"""

from __future__ import annotations

import numpy as np
from talus_core.robot import RobotDescription
from talus_core.state import RobotState


class PassedTorque:
    """Averages over windows of time, in which encoder noise leaves the rotors' acceleration.

    Attributes:
        mean: (n,) torque in the last whole window, N m; 0 before the first one ends.
    """

    def __init__(self, robot: RobotDescription, window: float):
        """Average over `window`, s."""
        limits = robot.limits
        self._window = window
        self._damping = limits.damping
        self._rotor = limits.rotor_inertia
        self.mean = np.zeros(len(robot.joint_names))
        self._speed: np.ndarray | None = None  # (n,) rad/s, at the begin of the window
        self._begin()

    def step(self, state: RobotState, dt: float) -> bool:
        """Take in a state, `dt` s after the one before; tell whether a window ends with it."""
        self._time += dt
        self._given += dt * state.effort
        self._way += dt * state.velocity
        if self._time < self._window:
            return False
        gained = 0.0 if self._speed is None else state.velocity - self._speed
        taken = self._damping * self._way + self._rotor * gained
        self.mean = (self._given - taken) / self._time
        self._speed = state.velocity
        self._begin()
        return True

    def _begin(self) -> None:
        self._time = 0.0
        self._given = np.zeros(len(self._damping))  # N m s
        self._way = np.zeros(len(self._damping))  # rad
