# SPDX-License-Identifier: Apache-2.0
"""Detects what a foot in the air feels: the ground under it, or an edge in its way."""

from __future__ import annotations

import math

import numpy as np

from talus_balance.stepping.gait_types import TouchdownConfig


class SwingContact:
    """Counts the ticks in a row in which the swing foot feels something."""

    def __init__(self, config: TouchdownConfig):
        self._config = config
        self._touching_ticks = 0
        self._stubbing_ticks = 0

    def reset(self) -> None:
        """Forget what the last foot felt."""
        self._touching_ticks = 0
        self._stubbing_ticks = 0

    def touches_ground(self, vertical_force: float) -> bool:
        """Observe this tick's `vertical_force`, N; tell whether the foot is on the ground."""
        is_pressed = vertical_force > self._config.force
        self._touching_ticks = self._touching_ticks + 1 if is_pressed else 0
        return self._touching_ticks >= self._config.ticks

    def meets_edge(
        self, side_force: np.ndarray, vertical_force: float, velocity: np.ndarray
    ) -> bool:
        """Observe this tick's forces; tell whether an edge stops the foot.

        It does if the foot is pushed back by more than friction explains.

        Args:
            side_force: (2,) horizontal force on the sole, in odom, N.
            vertical_force: Vertical force on the sole, N.
            velocity: (2,) velocity of the foot's reference, in odom, m/s.
        """
        size = math.sqrt(side_force @ side_force)
        resists = size > self._config.force + max(vertical_force, 0.0)
        is_stopped = resists and side_force @ velocity < 0.0
        self._stubbing_ticks = self._stubbing_ticks + 1 if is_stopped else 0
        if self._stubbing_ticks < self._config.ticks:
            return False
        self._stubbing_ticks = 0
        return True
