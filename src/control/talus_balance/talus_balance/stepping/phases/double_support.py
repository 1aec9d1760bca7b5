# SPDX-License-Identifier: Apache-2.0
"""Runs double support: load moves from the foot that will swing to the one that has landed."""

from __future__ import annotations

import numpy as np

from talus_balance.stepping.gait_types import GaitInput, GaitOutput, GaitPhase
from talus_balance.stepping.phases.airborne_foot import AirborneFoot
from talus_balance.stepping.phases.single_support import SingleSupport
from talus_balance.stepping.phases.step_under_way import (
    StepUnderWay,
    SwingMotion,
    prefers_same_foot,
)
from talus_balance.stepping.phases.walk import Walk

# Times the force of a touchdown, from which the unloading of a sole starts at least.
LEAST_UNLOADING_OF_TOUCHDOWN = 2.0
# Share of that force that a sole being unloaded may bear at least, so that it still counts as a
# contact: 1 N of talus40's 25.
LEAST_LOAD_OF_TOUCHDOWN = 0.04


class DoubleSupport:
    """Carries on both soles; the step is planned, and a hasty step hastens the unloading too."""

    phase = GaitPhase.DOUBLE

    def __init__(self, walk: Walk, step: StepUnderWay, unloading_force: float):
        """Begin; `unloading_force`: force on the sole to be lifted when its unloading began, N."""
        self._walk = walk
        self._step = step
        self._unloading_force = unloading_force

    @property
    def stance(self) -> int:
        """Return the foot that has landed."""
        return self._step.stance

    def missed(self, inp: GaitInput) -> float:
        """Return by how much the next three steps miss the capture point, m."""
        return self._step.missed(inp)

    def step_phase(self, inp: GaitInput) -> tuple[GaitOutput, DoubleSupport | SingleSupport]:
        """Unload the swing foot for a tick; return the output and the next phase."""
        step = self._step
        step.elapsed += self._walk.dt
        if prefers_same_foot(self._walk, step.stance, step.elapsed, inp):
            return step_again(self._walk, step.stance, inp).unload_planned(inp)
        pressure = step.follow_plan(inp, SwingMotion.on_ground(step.lift_time), may_replan=True)
        return self._unload(inp, pressure)

    def unload_planned(self, inp: GaitInput) -> tuple[GaitOutput, DoubleSupport | SingleSupport]:
        """Unload in the tick that planned the step; return the output and the next phase."""
        step = self._step
        state = step.state(inp, SwingMotion.on_ground(step.lift_time))
        return self._unload(inp, step.pressure(state))

    def _unload(
        self, inp: GaitInput, pressure: np.ndarray
    ) -> tuple[GaitOutput, DoubleSupport | SingleSupport]:
        walk = self._walk
        step = self._step
        pace = min(step.plan.duration / walk.planner.nominal, 1.0)
        step.lift_time = walk.config.double_time * pace
        share = max(1.0 - step.elapsed / step.lift_time, 0.0)
        touchdown = walk.config.touchdown.force
        unloading = max(self._unloading_force, LEAST_UNLOADING_OF_TOUCHDOWN * touchdown)
        load = max(share * unloading, LEAST_LOAD_OF_TOUCHDOWN * touchdown)
        output = step.output(inp, pressure=pressure, max_swing_force=load, swing=None)
        if share > 0.0:
            return output, self
        return output, SingleSupport(walk, step, AirborneFoot.lifted(walk, step, inp))


def begin_double_support(
    walk: Walk, stance: int, unloading_force: float, inp: GaitInput
) -> DoubleSupport:
    """Plan the step in the first tick after `stance` has landed, or let that foot step again."""
    if prefers_same_foot(walk, stance, walk.dt, inp):
        return step_again(walk, stance, inp)
    return DoubleSupport(walk, StepUnderWay(walk, stance, walk.dt, inp), unloading_force)


def step_again(walk: Walk, landed: int, inp: GaitInput) -> DoubleSupport:
    """Plan, from now on, another step of the foot that has just `landed`."""
    step = StepUnderWay(walk, 1 - landed, 0.0, inp)
    walk.stance_is_fresh = False
    return DoubleSupport(walk, step, float(inp.forces[landed]))
