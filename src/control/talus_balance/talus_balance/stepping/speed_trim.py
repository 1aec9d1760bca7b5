# SPDX-License-Identifier: Apache-2.0
"""Corrects the commanded walking velocity by what the last strides really made of it."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

import numpy as np
from talus_core.clamp import clamp

STRIDE_STEPS = 2  # left and right differ when walking sideways
# Of the error per step: a few strides, slower than the capture point's own dynamics.
TRIM_GAIN = 0.4
MAX_TRIM_MPS = 0.15  # what cadence and centre of pressure were seen to cost
DISTURBED_MPS = 0.25  # error above which a push, not the gait, is the reason


class _TrimLanding(NamedTuple):
    """A landing: when, the centre of mass (2,) m in odom, and (2,) m/s commanded."""

    time: float
    com: np.ndarray
    velocity: np.ndarray


class SpeedTrim:
    """Call `observe_landing` at every touchdown.

    Attributes:
        value: (2,) m/s to add to the command.
    """

    def __init__(self) -> None:
        self._landings: deque[_TrimLanding] = deque(maxlen=STRIDE_STEPS + 1)
        self.reset()

    def reset(self) -> None:
        """Begin a new walk, as commanded."""
        self.value = np.zeros(2)
        self._landings.clear()

    def observe_landing(
        self, time: float, com: np.ndarray, velocity: np.ndarray, forward: np.ndarray
    ) -> None:
        """Compare the last stride with the command, if that did not change meanwhile.

        Args:
            time: s.
            com: (2,) m in odom.
            velocity: (2,) m/s commanded now, in the heading frame.
            forward: (2,) the heading's unit vector in odom.
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
        if np.abs(error).max() < DISTURBED_MPS:
            self.value = clamp(self.value + TRIM_GAIN * error, MAX_TRIM_MPS)
