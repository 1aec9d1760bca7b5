# SPDX-License-Identifier: Apache-2.0
"""Estimates from the legs alone which way is up: the gate balances by it when the IMU fails.

The floor is taken as level.
"""

from __future__ import annotations

import math

import numpy as np
from talus_core.state import RobotState

from talus_safety.kernel.measure.body import Body

LEG_TILT_SMOOTHING_S = 0.02  # s: a foot that rolls or bounces does not show the floor


class LegTilt:
    """Measures up (unit vector) and turn rate (rad/s) in base_link, as `TiltFilter` does.

    It uses the feet that carry.
    """

    def __init__(self, body: Body, up: tuple[float, float, float], period: float):
        """Begin with `up`, the last vertical while the IMU was trusted."""
        self._body = body
        self._keep = math.exp(-period / LEG_TILT_SMOOTHING_S)
        self.up = up
        self.rate = (0.0, 0.0, 0.0)

    @property
    def turn(self) -> float:
        """Return the length of the turn rate, rad/s."""
        return math.hypot(*self.rate)

    def step(self, state: RobotState) -> None:
        """Take in the next tick; where no foot carries, the last estimate holds."""
        body = self._body
        carrying = [foot for foot in (0, 1) if state.foot_wrenches[foot, 2] > body.contact.on]
        if not carrying:
            return
        placement = self._body.place(state.position)
        up = np.zeros(3)
        rate = np.zeros(3)
        for foot in carrying:
            up += body.locate(placement, body.soles[foot])[0][:, 2]
            legs = body.legs[foot]
            rate -= state.velocity[legs] @ placement.axis[legs]
        up = self._keep * np.array(self.up) + (1.0 - self._keep) * up / len(carrying)
        rate = self._keep * np.array(self.rate) + (1.0 - self._keep) * rate / len(carrying)
        self.up = tuple((up / np.sqrt(up @ up)).tolist())
        self.rate = tuple(rate.tolist())
