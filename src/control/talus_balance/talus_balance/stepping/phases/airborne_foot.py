# SPDX-License-Identifier: Apache-2.0
"""Moves the foot in the air: where it flies, and what it does about edges in its way."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from talus_balance.stepping.gait_types import GaitInput, GaitOutput, swing_sign
from talus_balance.stepping.phases.step_under_way import StepUnderWay, SwingMotion
from talus_balance.stepping.phases.walk import Walk
from talus_balance.stepping.swing_foot import FootReference, SwingFoot


@dataclass(frozen=True)
class Landing:
    """Says that the swing foot has landed.

    Attributes:
        side: Foot that has landed.
        early_by: Time by which it landed before its plan, s; None after a foot was put back, whose
            landing teaches nothing.
    """

    side: int
    early_by: float | None


class AirborneFoot:
    """Moves the swing foot of a step under way."""

    def __init__(self, walk: Walk, step: StepUnderWay, swing: SwingFoot):
        self._walk = walk
        self._step = step
        self._swing = swing

    @classmethod
    def lifted(cls, walk: Walk, step: StepUnderWay, inp: GaitInput) -> AirborneFoot:
        """Lift the swing foot of `step` from where it is."""
        side = 1 - step.stance
        swing = SwingFoot(
            walk.config.swing,
            inp.sole_positions[side],
            inp.sole_velocities[side],
            float(inp.sole_yaws[side]),
        )
        return cls(walk, step, swing)

    @property
    def motion(self) -> SwingMotion:
        """Return how the foot moves, and from when on it may move ahead."""
        return SwingMotion(self._swing.velocity, self._step.lift_time + self._swing.rise_time)

    def watch_edges(self, inp: GaitInput) -> None:
        """Lift a foot that has run against an edge over that edge.

        Where there is no time for that, the foot comes down before the edge.
        """
        step = self._step
        side = 1 - step.stance
        force = inp.side_forces[side]
        vertical_force = float(inp.forces[side])
        if not self._walk.contact.meets_edge(force, vertical_force, self._swing.velocity):
            return
        c = self._walk.config.swing
        place = inp.sole_positions[side].copy()
        place[:2] += c.retreat / math.sqrt(force @ force) * force
        if step.plan.duration - step.elapsed > c.least_swing:
            yaw = float(inp.sole_yaws[side])
            self._swing = SwingFoot(c, place, np.zeros(3), yaw, c.rise_time)
            step.lift_time = step.elapsed
        else:
            self._swing.stay(place[:2])

    def put_down(self, inp: GaitInput) -> float:
        """Turn back to the ground below the foot; return the time until it is there, s."""
        step = self._step
        side = 1 - step.stance
        place = inp.sole_positions[side]
        ground = self._ground_at(inp, place[:2])
        step.lift_time = step.elapsed
        step.landing, time = self._swing.put_down(place, inp.sole_velocities[side], ground)
        return time

    def fly(
        self, inp: GaitInput, pressure: np.ndarray, swing_time: float
    ) -> tuple[GaitOutput, bool]:
        """Move the foot on for a tick.

        Args:
            inp: What is known at this tick.
            pressure: (2,) centre of pressure in odom, m.
            swing_time: Duration of the whole swing, s.

        Returns:
            This tick's output, and whether the foot has landed.
        """
        step = self._step
        share = (step.elapsed - step.lift_time) / swing_time
        reference = self._reference(inp, share, swing_time)
        output = step.output(inp, pressure=pressure, max_swing_force=0.0, swing=reference)
        touches = self._walk.contact.touches_ground(float(inp.forces[1 - step.stance]))
        return output, touches and share > self._walk.config.touchdown.phase

    def _reference(self, inp: GaitInput, share: float, swing_time: float) -> FootReference:
        """Return where the foot must be after this `share` of a swing of `swing_time` s."""
        walk = self._walk
        step = self._step
        self._keep_aside(inp)
        foothold = step.foothold
        ground = self._ground_at(inp, step.landing) if foothold is None else foothold.height
        return self._swing.step_swing(
            landing=step.landing,
            height=ground - step.haste * walk.config.hasty_depth,
            gradient=inp.gradient,
            yaw=step.landing_yaw,
            phase=share,
            duration=swing_time,
            dt=walk.dt,
        )

    def _keep_aside(self, inp: GaitInput) -> None:
        """Let the swing foot pass the stance foot without a collision."""
        frame = self._walk.frame
        stance = inp.sole_positions[self._step.stance, :2]
        ahead = float(frame.from_odom(self._swing.place - stance)[0])
        self._swing.keep_aside(
            stance,
            frame.to_odom(np.array([0.0, swing_sign(self._step.stance)])),
            self._walk.planner.narrowest(ahead) - self._walk.config.tolerance.sideways_slack,
        )

    def _ground_at(self, inp: GaitInput, place: np.ndarray) -> float:
        """Return the height of the ground at `place` (2,) in odom, m.

        It follows from the stance foot and the slope under it.
        """
        stance = inp.sole_positions[self._step.stance]
        return float(stance[2] + inp.gradient @ (place - stance[:2]))
