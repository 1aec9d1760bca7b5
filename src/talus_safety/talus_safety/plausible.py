# SPDX-License-Identifier: Apache-2.0
"""Keeps NaN and infinity out of everything downstream: a sensor that says so is held at what it said last."""

from __future__ import annotations

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
        arrays = {name: getattr(state, name) for name in HELD}
        bad = [name for name, array in arrays.items() if not np.isfinite(array).all()]
        self.bad_ticks = self.bad_ticks + 1 if bad else 0
        for name in bad:
            last = np.zeros_like(arrays[name]) if self._last is None else getattr(self._last, name)
            arrays[name] = np.where(np.isfinite(arrays[name]), arrays[name], last)
        self._last = replace(state, **arrays) if bad else state
        return self._last
