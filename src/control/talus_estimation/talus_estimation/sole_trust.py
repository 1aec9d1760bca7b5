# SPDX-License-Identifier: Apache-2.0
"""Tells which soles stand still, by the load on them and by how they move over the ground."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class SoleTrustConfig:
    """When a sole is believed to stand still.

    Attributes:
        share: Of the weight (100 N on earth); a sole that carries less may slide.
        delay: s after touchdown before a sole is trusted (impact settles).
        slip_speed: m/s of a sole over the ground beyond which it slips; one that rolls is slower.
        slip_window: s over which that is looked at: encoder noise gives 0.02 m/s.
        longest_slip: s; a sole that seems to slip longer is believed again: then the base's speed
            is wrong.
    """

    share: float = 0.18
    delay: float = 0.04
    slip_speed: float = 0.25
    slip_window: float = 0.02
    longest_slip: float = 0.4


class SoleTrust:
    """Call `observe_load` and `observe_slip` every tick."""

    def __init__(self, config: SoleTrustConfig, dt: float):
        self._config = config
        self._dt = dt
        self._loaded_for = [0.0, 0.0]  # s, left and right
        self._slips_for = [0.0, 0.0]  # s
        self._slides_for = [0.0, 0.0]  # s for which a sole still counts as sliding
        self._tracks: deque[np.ndarray] = deque(maxlen=max(round(config.slip_window / dt), 1))

    def believe_both(self) -> None:
        """Trust both soles from now on: they have carried long enough."""
        self._loaded_for = [1.0, 1.0]

    def land(self) -> None:
        """Trust both soles, whatever they seem to do: they tell the base's speed."""
        self.believe_both()
        self._slips_for = [self._config.longest_slip, self._config.longest_slip]
        self._slides_for = [0.0, 0.0]
        self._tracks.clear()

    @property
    def slides(self) -> tuple[bool, bool]:
        """Which soles move over the ground, left and right; in the air too."""
        return self._slides_for[0] > 0.0, self._slides_for[1] > 0.0

    def is_loaded(self, side: int) -> bool:
        """Tell whether that sole has carried for long enough."""
        return self._loaded_for[side] > self._config.delay

    def observe_load(self, vertical_forces: np.ndarray, least: float) -> None:
        """Count how long each sole carries more than `least` N of `vertical_forces` (2,) N."""
        for side in (0, 1):
            loaded = vertical_forces[side] > least
            self._loaded_for[side] = self._loaded_for[side] + self._dt if loaded else 0.0

    def observe_slip(self, soles: np.ndarray, base_velocity: np.ndarray) -> None:
        """Notice soles that move over the ground, by the IMU's velocity and the legs' own.

        Args:
            soles: (2, 3) m from the base, in odom axes.
            base_velocity: (3,) m/s in odom axes.
        """
        c = self._config
        tracks = self._tracks
        if len(tracks) == tracks.maxlen:
            moved = (soles - tracks[0]) / (len(tracks) * self._dt) + base_velocity
            for side in (0, 1):
                is_fast = math.hypot(moved[side, 0], moved[side, 1]) > c.slip_speed
                self._slips_for[side] = self._slips_for[side] + self._dt if is_fast else 0.0
                self._slides_for[side] = max(self._slides_for[side] - self._dt, 0.0)
                if 0.0 < self._slips_for[side] < c.longest_slip:
                    self._slides_for[side] = c.delay
        tracks.append(soles)
