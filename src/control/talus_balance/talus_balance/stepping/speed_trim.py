# SPDX-License-Identifier: Apache-2.0
"""Corrects the commanded walking velocity by the velocity that the last strides gave."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

import numpy as np
from talus_core.clamp import clamp

from talus_balance.stepping.gait_types import ToleranceConfig

STRIDE_STEPS = 2  # steps compared: left and right differ when walking sideways
# Share of the error per step: it takes a few strides, slower than the capture point's dynamics.
TRIM_GAIN = 0.4


class _TrimLanding(NamedTuple):
    """Records a landing: time, s, centre of mass (2,) in odom, m, and command (2,), m/s."""

    time: float
    com: np.ndarray
    velocity: np.ndarray


class SpeedTrim:
    """Trims the commanded velocity; call `observe_landing` at every touchdown.

    Attributes:
        value: (2,) velocity to add to the command, m/s.
    """

    def __init__(self, tolerance: ToleranceConfig):
        self._tolerance = tolerance
        self._landings: deque[_TrimLanding] = deque(maxlen=STRIDE_STEPS + 1)
        self.reset()

    def reset(self) -> None:
        """Begin a new walk, exactly as commanded."""
        self.value = np.zeros(2)
        self._landings.clear()

    def observe_landing(
        self, time: float, com: np.ndarray, velocity: np.ndarray, forward: np.ndarray
    ) -> None:
        """Compare the last stride with the command, if the command did not change meanwhile.

        Args:
            time: Time of the landing, s.
            com: (2,) centre of mass in odom, m.
            velocity: (2,) velocity commanded now, in the heading frame, m/s.
            forward: (2,) unit vector of the heading in odom.
        """
        self._landings.append(_TrimLanding(time, com.copy(), velocity.copy()))
        has_changed = any(np.any(landing.velocity != velocity) for landing in self._landings)
        if len(self._landings) <= STRIDE_STEPS or has_changed:
            return
        start = self._landings[0]
        x, y = (com - start.com) / (time - start.time)
        ahead = forward[0] * x + forward[1] * y
        aside = forward[0] * y - forward[1] * x
        error = velocity - np.array([ahead, aside])
        if np.abs(error).max() < self._tolerance.disturbance:
            self.value = clamp(self.value + TRIM_GAIN * error, self._tolerance.most_trim)
