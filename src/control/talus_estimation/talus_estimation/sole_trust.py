# SPDX-License-Identifier: Apache-2.0
"""Tells which soles stand still, by the load on them and by how they move over the ground."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class SoleTrustConfig:
    """Configures when a sole is believed to stand still.

    Attributes:
        share: Share of the weight (100 N on earth); a sole that carries less may slide.
        delay: Time after touchdown before a sole is trusted, s: the impact settles.
        slip_speed: Speed over the ground beyond which a sole slips, m/s; one that rolls is slower.
        slip_window: Time over which that speed is measured, s: encoder noise gives 0.02 m/s.
        longest_slip: Longest slip, s; a sole that seems to slip longer is believed again, since
            the base's speed is wrong then.
    """

    share: float = 0.18
    delay: float = 0.04
    slip_speed: float = 0.25
    slip_window: float = 0.02
    longest_slip: float = 0.4


class SoleTrust:
    """Judges both soles; call `observe_load` and `observe_slip` every tick."""

    def __init__(self, config: SoleTrustConfig, dt: float):
        self._config = config
        self._dt = dt
        self._loaded_for = [0.0, 0.0]  # s for which the left and right sole carried
        self._slips_for = [0.0, 0.0]  # s for which a sole has seemed to slip
        self._slides_for = [0.0, 0.0]  # s for which a sole still counts as sliding
        self._tracks: deque[np.ndarray] = deque(maxlen=max(round(config.slip_window / dt), 1))

    def believe_both(self) -> None:
        """Trust both soles from now on: they have carried long enough."""
        self._loaded_for = [1.0, 1.0]

    def land(self) -> None:
        """Trust both soles, whatever they seem to do: the base's speed is taken from them."""
        self.believe_both()
        self._slips_for = [self._config.longest_slip, self._config.longest_slip]
        self._slides_for = [0.0, 0.0]
        self._tracks.clear()

    @property
    def slides(self) -> tuple[bool, bool]:
        """Tell which soles move over the ground, left and right; soles in the air count too."""
        return self._slides_for[0] > 0.0, self._slides_for[1] > 0.0

    def is_loaded(self, side: int) -> bool:
        """Tell whether that sole has carried for long enough."""
        return self._loaded_for[side] > self._config.delay

    def observe_load(self, vertical_forces: np.ndarray, least: float) -> None:
        """Count how long each sole carries more than `least`, N, by `vertical_forces` (2,), N."""
        for side in (0, 1):
            loaded = vertical_forces[side] > least
            self._loaded_for[side] = self._loaded_for[side] + self._dt if loaded else 0.0

    def observe_slip(self, soles: np.ndarray, base_velocity: np.ndarray) -> None:
        """Notice soles that move over the ground, by the IMU's velocity and the legs' motion.

        Args:
            soles: (2, 3) soles from the base, in odom axes, m.
            base_velocity: (3,) velocity of the base in odom axes, m/s.
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
