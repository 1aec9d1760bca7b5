# SPDX-License-Identifier: Apache-2.0
"""Keeps NaN, infinity and absurd numbers out of everything downstream.

A sensor that sends such numbers is held at its last good value.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from talus_core.state import RobotState

ABSURD_NUMBER = 1e6  # in any SI unit used here: a thousand times what such a robot can measure


class StateKeeper:
    """Passes sound states unchanged, and replaces absurd numbers by their last good ones."""

    def __init__(self) -> None:
        self.bad_ticks = 0  # ticks in a row with an absurd number
        self._last: RobotState | None = None

    def keep(self, state: RobotState) -> RobotState:
        """Return the state with every absurd number replaced by its last good one, or by 0."""
        all_held = (
            state.position,
            state.velocity,
            state.angular_velocity,
            state.linear_acceleration,
            state.foot_wrenches.ravel(),
        )
        if np.maximum.reduce(np.abs(np.concatenate(all_held))) < ABSURD_NUMBER:  # false for NaN
            self.bad_ticks = 0
            self._last = state
            return state
        self.bad_ticks += 1
        last = self._last
        self._last = replace(
            state,
            position=_held(state.position, None if last is None else last.position),
            velocity=_held(state.velocity, None if last is None else last.velocity),
            angular_velocity=_held(
                state.angular_velocity, None if last is None else last.angular_velocity
            ),
            linear_acceleration=_held(
                state.linear_acceleration, None if last is None else last.linear_acceleration
            ),
            foot_wrenches=_held(state.foot_wrenches, None if last is None else last.foot_wrenches),
        )
        return self._last


def _held(array: np.ndarray, last: np.ndarray | None) -> np.ndarray:
    """Return the array with each absurd number replaced by the last good one, or by 0."""
    return np.where(
        np.abs(array) < ABSURD_NUMBER, array, np.zeros_like(array) if last is None else last
    )
