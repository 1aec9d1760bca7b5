# SPDX-License-Identifier: Apache-2.0
"""Runs single support: one sole carries while the other foot swings to its landing."""

from __future__ import annotations

from talus_balance.stepping.gait_types import GaitInput, GaitOutput, GaitPhase
from talus_balance.stepping.phases.airborne_foot import AirborneFoot, Landing
from talus_balance.stepping.phases.put_back import PutBack
from talus_balance.stepping.phases.step_under_way import StepUnderWay, prefers_same_foot
from talus_balance.stepping.phases.walk import Walk


class SingleSupport:
    """Carries on one sole while the other foot swings."""

    phase = GaitPhase.SINGLE

    def __init__(self, walk: Walk, step: StepUnderWay, foot: AirborneFoot):
        self._walk = walk
        self._step = step
        self._foot = foot

    @property
    def stance(self) -> int:
        """Return the foot that carries."""
        return self._step.stance

    def missed(self, inp: GaitInput) -> float:
        """Return by how much the next three steps miss the capture point, m."""
        return self._step.missed(inp)

    def step_phase(self, inp: GaitInput) -> tuple[GaitOutput, SingleSupport | PutBack | Landing]:
        """Swing for a tick; return the output and the next phase."""
        step = self._step
        step.elapsed += self._walk.dt
        pressure = step.follow_plan(inp, self._foot.motion, may_replan=True)
        self._foot.watch_edges(inp)
        if prefers_same_foot(self._walk, step.stance, step.elapsed, inp):
            put_back = PutBack(self._walk, step, self._foot, self._foot.put_down(inp))
            return put_back.sink(inp, pressure)
        output, has_landed = self._foot.fly(inp, pressure, self._swing_time())
        if not has_landed:
            return output, self
        return output, Landing(1 - step.stance, step.plan.duration - step.elapsed)

    def _swing_time(self) -> float:
        """Return the duration of the swing's reference, s.

        Where the time of the landing matters, it is longer by the time that soles touch early.
        """
        step = self._step
        in_time = self._walk.planner.cadence * (1.0 - step.haste)
        learned = step.plan.duration + in_time * self._walk.early
        return max(learned - step.lift_time, self._walk.config.tolerance.least_swing)
