# SPDX-License-Identifier: Apache-2.0
"""Shifts the weight before the first step of a walk."""

from __future__ import annotations

import numpy as np

from talus_balance.stepping.gait_types import GaitInput, GaitOutput, GaitPhase, swing_sign
from talus_balance.stepping.phases.on_both_feet import on_both_feet
from talus_balance.stepping.phases.touchdown import Touchdown
from talus_balance.stepping.phases.walk import Walk
from talus_balance.stepping.step_planner import nominal_offset


class Shift:
    """Pushes the capture point from the coming swing foot to where the periodic gait begins.

    Attributes:
        stance: Foot that will carry.
    """

    phase = GaitPhase.SHIFT

    def __init__(self, walk: Walk, stance: int):
        self.stance = stance
        self._walk = walk
        self._elapsed = 0.0

    def missed(self, inp: GaitInput) -> float:
        """Return 0 m, since no step is under way that could miss the capture point."""
        return 0.0

    def step_phase(self, inp: GaitInput) -> tuple[GaitOutput, Shift | Touchdown]:
        """Shift for a tick; return the output and the next phase."""
        walk = self._walk
        self._elapsed += walk.dt
        stance = inp.sole_positions[self.stance]
        offset = walk.frame.from_odom(inp.capture_point - stance[:2])
        following = self._following(inp, offset)
        output = on_both_feet(
            inp,
            pressure=stance[:2] + walk.frame.to_odom(self._pressure(inp, offset)),
            heading=walk.command.heading,
            ground=stance,
            phase=following.phase,
        )
        return output, following

    def _following(self, inp: GaitInput, offset: np.ndarray) -> Shift | Touchdown:
        """Begin the step once the capture point has arrived, or after the longest wait."""
        c = self._walk.config
        width = c.planner.step_width
        nominal = nominal_offset(
            omega=inp.omega,
            duration=c.planner.duration,
            stride=0.0,
            width=width,
            other_width=width,
        )
        aside = swing_sign(self.stance) * offset[1]
        has_arrived = aside <= abs(nominal[1]) + c.tolerance.arrival
        if has_arrived or self._elapsed > c.max_shift:
            return Touchdown(self._walk, self.stance, float(inp.forces[1 - self.stance]))
        return self

    def _pressure(self, inp: GaitInput, offset: np.ndarray) -> np.ndarray:
        """Return the centre of pressure from the stance sole in the heading frame, (2,), m."""
        c = self._walk.config.pressure
        swing = inp.sole_positions[1 - self.stance, :2]
        pressure = self._walk.frame.from_odom(swing - inp.sole_positions[self.stance, :2])
        pressure[0] = c.stand_gain * offset[0] + (1.0 - c.stand_gain) * 0.5 * pressure[0]
        pressure[0] = min(max(pressure[0], -c.zmp_x), c.zmp_x)
        return pressure
