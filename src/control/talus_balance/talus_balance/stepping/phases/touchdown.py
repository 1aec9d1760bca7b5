# SPDX-License-Identifier: Apache-2.0
"""Runs the tick after a foot has landed, or was chosen to carry, before its step is planned."""

from __future__ import annotations

from talus_balance.stepping.gait_types import GaitInput, GaitOutput, GaitPhase
from talus_balance.stepping.phases.double_support import DoubleSupport, begin_double_support
from talus_balance.stepping.phases.single_support import SingleSupport
from talus_balance.stepping.phases.walk import Walk


class Touchdown:
    """Carries on both soles while the coming step waits for its plan.

    Attributes:
        stance: Foot that will carry.
    """

    phase = GaitPhase.DOUBLE

    def __init__(self, walk: Walk, stance: int, unloading_force: float):
        """Begin; `unloading_force`: force on the other sole, which is to be lifted, N."""
        self.stance = stance
        self._walk = walk
        self._unloading_force = unloading_force

    def missed(self, inp: GaitInput) -> float:
        """Return 0 m, since a step that is not planned yet misses nothing."""
        return 0.0

    def step_phase(self, inp: GaitInput) -> tuple[GaitOutput, DoubleSupport | SingleSupport]:
        """Plan the step and begin to unload the other foot; return output and next phase."""
        support = begin_double_support(self._walk, self.stance, self._unloading_force, inp)
        return support.unload_planned(inp)
