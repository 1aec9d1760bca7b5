# SPDX-License-Identifier: Apache-2.0
"""Keeps NaN, infinity and the absurd out of everything downstream: a sensor that says so is held at its last word."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from talus_core.state import RobotState

HUGE = 1e6  # of any unit here: a thousand times what a robot of this size can feel
HELD = ("position", "velocity", "angular_velocity", "linear_acceleration", "foot_wrenches")


class StateKeeper:
    """Passes sound states as they are."""

    def __init__(self) -> None:
        self.bad_ticks = 0  # in a row
        self._last: RobotState | None = None

    def keep(self, state: RobotState) -> RobotState:
        """The state with every number that is none, or absurd, replaced by its last good one; 0 if there was none."""
        all_held = (
            state.position,
            state.velocity,
            state.angular_velocity,
            state.linear_acceleration,
            state.foot_wrenches.ravel(),
        )
        if np.maximum.reduce(np.abs(np.concatenate(all_held))) < HUGE:  # false for NaN
            self.bad_ticks, self._last = 0, state
            return state
        self.bad_ticks += 1
        self._last = replace(
            state, **{name: self._held(name, getattr(state, name)) for name in HELD}
        )
        return self._last

    def _held(self, name: str, array: np.ndarray) -> np.ndarray:
        last = np.zeros_like(array) if self._last is None else getattr(self._last, name)
        return np.where(np.abs(array) < HUGE, array, last)
