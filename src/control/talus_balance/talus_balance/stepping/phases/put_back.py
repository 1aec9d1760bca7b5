# SPDX-License-Identifier: Apache-2.0
"""Puts a foot that was just lifted back on the ground, so that the other one can step again."""

from __future__ import annotations

import numpy as np

from talus_balance.stepping.gait_types import GaitInput, GaitOutput, GaitPhase
from talus_balance.stepping.phases.airborne_foot import AirborneFoot, Landing
from talus_balance.stepping.phases.step_under_way import StepUnderWay
from talus_balance.stepping.phases.walk import Walk


class PutBack:
    """Carries on one sole while the other sinks below where it is; its plan stays as it was."""

    phase = GaitPhase.SINGLE

    def __init__(self, walk: Walk, step: StepUnderWay, foot: AirborneFoot, sinking_time: float):
        """Begin to sink; `sinking_time`: time until the foot is on the ground, s."""
        self._walk = walk
        self._step = step
        self._foot = foot
        self._sinking_time = sinking_time

    @property
    def stance(self) -> int:
        """Return the foot that carries."""
        return self._step.stance

    def missed(self, inp: GaitInput) -> float:
        """Return by how much the next three steps miss the capture point, m."""
        return self._step.missed(inp)

    def step_phase(self, inp: GaitInput) -> tuple[GaitOutput, PutBack | Landing]:
        """Sink for a tick; return the output and the next phase."""
        step = self._step
        step.elapsed += self._walk.dt
        pressure = step.follow_plan(inp, self._foot.motion, may_replan=False)
        self._foot.watch_edges(inp)
        return self.sink(inp, pressure)

    def sink(self, inp: GaitInput, pressure: np.ndarray) -> tuple[GaitOutput, PutBack | Landing]:
        """Sink under a centre of pressure (2,) in odom, m; return the output and the next phase."""
        output, has_landed = self._foot.fly(inp, pressure, self._sinking_time)
        return output, Landing(1 - self.stance, early_by=None) if has_landed else self
