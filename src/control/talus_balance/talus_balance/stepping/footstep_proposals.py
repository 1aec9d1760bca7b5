# SPDX-License-Identifier: Apache-2.0
"""Compares proposed footsteps with what a foot may do now, and says why one is not taken.

A proposal fixes where the coming swing lands. The planner still chooses when it lands and where
the centre of pressure is meanwhile, so that the capture point arrives where the steps after it
begin. A proposal that asks for more is refused, and the planner's own step is taken.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from talus_core.motion.footsteps import Footstep
from talus_core.rotations import wrap_angle

from talus_balance.stepping.footholds import Foothold, FootholdChooser
from talus_balance.stepping.gait_types import GaitConfig, GaitInput, swing_sign
from talus_balance.stepping.heading_frame import HeadingFrame
from talus_balance.stepping.height_grid import HeightGrid
from talus_balance.stepping.step_planner import StepPlanner, nominal_offset
from talus_balance.stepping.step_state import LandingGoal, Refusal

STEPS_AHEAD = 3  # a step beyond these changes the coming one by less than e^(-3 w T) = 0.5 %


class FootstepProposals:
    """Judges proposed footsteps for the phases of the gait; it keeps nothing of a step."""

    def __init__(self, config: GaitConfig, planner: StepPlanner, chooser: FootholdChooser):
        self._config = config
        self._planner = planner
        self._chooser = chooser

    def coming(self, footsteps: Sequence[Footstep], side: int) -> Sequence[Footstep]:
        """Return the steps from the first one of `side` on; an older one may have landed."""
        for place, footstep in enumerate(footsteps[:2]):
            if footstep.side == side:
                return footsteps[place:]
        return ()

    def refusal(
        self, footstep: Footstep, inp: GaitInput, heading: float, heights: HeightGrid | None
    ) -> Refusal | None:
        """Return why no foot may ever land there; None where one may.

        Args:
            footstep: Proposed place of the swing foot.
            inp: What is known at this tick.
            heading: Heading of the body, rad.
            heights: Heights of the ground that was seen; None where none was.
        """
        values = (*footstep.position_in_odom, footstep.yaw_in_odom)
        if not all(math.isfinite(value) for value in values):
            return Refusal.NOT_A_PLACE
        stance = 1 - footstep.side
        stance_yaw = float(inp.sole_yaws[stance])
        turn = wrap_angle(footstep.yaw_in_odom - stance_yaw)
        if abs(turn) > self._config.command.heading_lead:
            return Refusal.TURN
        away = footstep.position_in_odom[:2] - inp.sole_positions[stance, :2]
        mirror = np.array([1.0, swing_sign(stance)])
        step = HeadingFrame.at(stance_yaw + 0.5 * turn).from_odom(away) * mirror
        if step[1] < self._planner.narrowest(float(step[0])):
            return Refusal.CROSSING
        if np.any(self._planner.within_bounds(step) != step):
            return Refusal.REACH
        return self._refusal_by_ground(footstep, inp, heading, heights)

    def _refusal_by_ground(
        self, footstep: Footstep, inp: GaitInput, heading: float, heights: HeightGrid | None
    ) -> Refusal | None:
        """Return why a sole would not lie there, by the map or else by the slope of the ground."""
        stance = inp.sole_positions[1 - footstep.side]
        place = footstep.position_in_odom
        c = self._config.foothold
        if heights is not None and self._chooser.is_known(heights, place[:2]):
            in_heading = HeadingFrame.at(heading).from_odom(place)
            height = self._chooser.height_at(heights, in_heading, heading, float(stance[2]))
            lies = height is not None and abs(height - place[2]) < c.step
            return None if lies else Refusal.GROUND
        expected = stance[2] + inp.gradient @ (place[:2] - stance[:2])
        return None if abs(expected - place[2]) < c.step else Refusal.GROUND

    def foothold(
        self, footstep: Footstep, inp: GaitInput, heading: float, heights: HeightGrid | None
    ) -> Foothold | None:
        """Return the ground under the proposed place where the map shows a step; otherwise None."""
        stance = inp.sole_positions[1 - footstep.side]
        c = self._config.foothold
        in_heading = HeadingFrame.at(heading).from_odom(footstep.position_in_odom)
        if heights is None:
            return None
        height = self._chooser.height_at(heights, in_heading, heading, float(stance[2]))
        if height is None or abs(height - stance[2]) < c.step:
            return None
        return Foothold(in_heading, height, 0.0, c.duration)

    def goal(
        self, coming: Sequence[Footstep], inp: GaitInput, frame: HeadingFrame, pivot: np.ndarray
    ) -> LandingGoal:
        """Return what the planner must reach with the first of the `coming` steps."""
        c = self._config.planner
        places = [frame.from_odom(step.position_in_odom) for step in coming[:STEPS_AHEAD]]
        stance = 1 - coming[0].side
        return LandingGoal(
            landing=places[0] + pivot,
            offset=_offset(places, stance, inp.omega, c.duration, c.step_width),
            duration=c.duration,
        )

    def velocity(
        self, footstep: Footstep, inp: GaitInput, frame: HeadingFrame, heading: float
    ) -> np.ndarray:
        """Return the velocity of a walk of such steps, (3,): m/s, m/s, rad/s."""
        c = self._config.planner
        stance = 1 - footstep.side
        away = footstep.position_in_odom[:2] - inp.sole_positions[stance, :2]
        ahead, aside = frame.from_odom(away)
        turn = wrap_angle(footstep.yaw_in_odom - heading)
        return np.array([ahead, aside - swing_sign(stance) * c.step_width, turn]) / c.duration


def _offset(
    places: Sequence[np.ndarray], stance: int, omega: float, duration: float, width: float
) -> np.ndarray:
    """Return the capture point wanted at the first landing, (2,), m from the landing foot.

    From there it runs to where each following step needs it; after the last one the robot steps in
    place.

    Args:
        places: Positions (2,) of the soles that land, in the heading frame, m.
        stance: Foot that carries now.
        omega: Natural frequency of the pendulum, rad/s.
        duration: Duration of each step, s.
        width: Distance between the feet when the robot steps in place, m.
    """
    sign = swing_sign(stance) * (1.0 if len(places) % 2 else -1.0)  # sign of the last step's side
    in_place = nominal_offset(
        omega=omega, duration=duration, stride=0.0, width=width, other_width=width
    )
    offset = in_place * np.array([1.0, sign])
    decay = math.exp(-omega * duration)
    for place, following in zip(reversed(places[:-1]), reversed(places[1:]), strict=True):
        offset = (following - place + offset) * decay
    return offset
