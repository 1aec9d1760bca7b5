# SPDX-License-Identifier: Apache-2.0
"""Corrects the commanded walking velocity by what the last strides really made of it."""

from __future__ import annotations

from collections import deque

import numpy as np

from talus_balance.clamp import clamp

STRIDE = 2  # steps: left and right differ when walking sideways
GAIN = 0.4  # of the error per step: a few strides, slower than the capture point's own dynamics
LIMIT = 0.15  # m/s of trim: what cadence and centre of pressure were seen to cost
DISTURBED = 0.25  # m/s of error above which a push, not the gait, is the reason


class SpeedTrim:
    """Call `landed` at every touchdown.

    Attributes:
        value: (2,) m/s to add to the command.
    """

    def __init__(self):
        self.reset()

    def reset(self) -> None:
        """A new walk."""
        self.value = np.zeros(2)
        self._landings: deque[tuple[float, np.ndarray, np.ndarray]] = deque(maxlen=STRIDE + 1)

    def landed(self, time: float, com: np.ndarray, velocity: np.ndarray, forward: np.ndarray) -> None:
        """Compare the last stride with the command, if that did not change meanwhile.

        Args:
            time: s.
            com: (2,) m in odom.
            velocity: (2,) m/s commanded now, in the heading frame.
            forward: (2,) the heading's unit vector in odom.
        """
        self._landings.append((time, com.copy(), velocity.copy()))
        if len(self._landings) <= STRIDE or any(np.any(v != velocity) for _, _, v in self._landings):
            return
        since, start, _ = self._landings[0]
        x, y = (com - start) / (time - since)
        error = velocity - np.array([forward[0] * x + forward[1] * y, forward[0] * y - forward[1] * x])
        if np.abs(error).max() < DISTURBED:
            self.value = clamp(self.value + GAIN * error, LIMIT)
