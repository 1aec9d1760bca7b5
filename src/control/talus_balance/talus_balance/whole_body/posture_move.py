# SPDX-License-Identifier: Apache-2.0
"""Leads between the `sit` and the `stand` pose on one path, with minimum jerk."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from talus_dynamics.pose_facts import PoseFacts


class PostureReference(NamedTuple):
    """Describes a place on the path: a `PoseFacts`, with rate and acceleration of its height."""

    com_height: float
    com_speed: float
    com_acceleration: float
    pelvis_pitch: float
    chest_pitch: float
    joints: np.ndarray


class PostureMove:
    """Leads from where the body is to a pose, in `duration` s."""

    def __init__(self, start: PoseFacts, end: PoseFacts, duration: float):
        self._start = start
        self._end = end
        self.duration = duration
        self.elapsed = 0.0

    @property
    def is_done(self) -> bool:
        """Tell whether the end was reached."""
        return self.elapsed >= self.duration

    def step_posture(self, dt: float, pace: float = 1.0) -> PostureReference:
        """Advance the path by `dt`, s, at `pace`, 0 to 1, of its own speed."""
        self.elapsed = min(self.elapsed + pace * dt, self.duration)
        t = self.duration
        a = self._start
        b = self._end
        s = self.elapsed / t
        share = s**3 * (10.0 - 15.0 * s + 6.0 * s * s)
        rate = pace * 30.0 * s * s * (1.0 - s) ** 2 / t
        curve = pace * pace * 60.0 * s * (1.0 - s) * (1.0 - 2.0 * s) / (t * t)
        rise = b.com_height - a.com_height
        return PostureReference(
            a.com_height + share * rise,
            rate * rise,
            curve * rise,
            a.pelvis_pitch + share * (b.pelvis_pitch - a.pelvis_pitch),
            a.chest_pitch + share * (b.chest_pitch - a.chest_pitch),
            a.joints + share * (b.joints - a.joints),
        )
