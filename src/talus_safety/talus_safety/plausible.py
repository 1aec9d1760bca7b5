# SPDX-License-Identifier: Apache-2.0
"""Keeps NaN and infinity out of everything downstream: a sensor that says so is held at what it said last."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from talus_core.state import RobotState

HELD = ("position", "velocity", "angular_velocity", "linear_acceleration", "foot_wrenches")


class StateKeeper:
    """Passes sound states as they are."""

    def __init__(self) -> None:
        self.bad_ticks = 0  # in a row
        self._last: RobotState | None = None

    def keep(self, state: RobotState) -> RobotState:
        """The state with every number that is not finite replaced by its last finite one, 0 if there was none."""
        all_held = (
            state.position,
            state.velocity,
            state.angular_velocity,
            state.linear_acceleration,
            state.foot_wrenches.ravel(),
        )
        if math.isfinite(np.add.reduce(np.concatenate(all_held))):
            self.bad_ticks, self._last = 0, state
            return state
        self.bad_ticks += 1
        self._last = replace(state, **{name: self._held(name, getattr(state, name)) for name in HELD})
        return self._last

    def _held(self, name: str, array: np.ndarray) -> np.ndarray:
        last = np.zeros_like(array) if self._last is None else getattr(self._last, name)
        return np.where(np.isfinite(array), array, last)
