# SPDX-License-Identifier: Apache-2.0
"""Plans the step under way once its stance foot has landed, and plans it anew until it ends."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from talus_core.clamp import clamp
from talus_core.motion.footsteps import Footstep

from talus_balance.stepping.footholds import Foothold
from talus_balance.stepping.gait_types import LEFT, GaitInput, GaitOutput, GaitPhase, swing_sign
from talus_balance.stepping.phases.walk import Walk
from talus_balance.stepping.step_state import FootholdGoal, Refusal, StepPlan, StepState
from talus_balance.stepping.swing_foot import FootReference

MAP_LOOK_PERIOD_TICKS = 20  # ticks between two looks at the map, which is new every 0.1 s
# ticks between two plans; the capture point moves 0.7 % of its offset in 2 ms
PLAN_PERIOD_TICKS = 2


class SwingMotion(NamedTuple):
    """Describes how the swing foot moves.

    Attributes:
        velocity: (2,) velocity on the ground plane, in odom, m/s.
        free_at: Time after the touchdown at which it is free to move, s.
    """

    velocity: np.ndarray
    free_at: float

    @classmethod
    def on_ground(cls, free_at: float) -> SwingMotion:
        """Return the motion of a foot that is still to be lifted."""
        return cls(np.zeros(2), free_at)


def step_state(
    walk: Walk, stance: int, elapsed: float, inp: GaitInput, swing: SwingMotion
) -> StepState:
    """Return what the planner needs to know, `elapsed` s after `stance` has landed."""
    frame = walk.frame
    return StepState(
        capture_point=frame.from_odom(inp.capture_point),
        stance=frame.from_odom(inp.sole_positions[stance]) + walk.pivot,
        swing=frame.from_odom(inp.sole_positions[1 - stance]) + walk.pivot,
        swing_velocity=frame.from_odom(swing.velocity),
        swing_sign=swing_sign(stance),
        elapsed=elapsed,
        free_at=swing.free_at,
        velocity=walk.planned_velocity,
        omega=inp.omega,
    )


def prefers_same_foot(walk: Walk, stance: int, elapsed: float, inp: GaitInput) -> bool:
    """Tell whether a shove pushes towards the foot that has just landed, so that it steps again."""
    is_low = elapsed < walk.config.double_time + walk.config.put_back
    if not walk.stance_is_fresh or not is_low:
        return False
    state = step_state(walk, stance, elapsed, inp, SwingMotion.on_ground(elapsed))
    return walk.planner.prefers_same_foot(state)


class StepUnderWay:
    """Holds where the next foot lands, from the touchdown of the one that carries.

    Attributes:
        stance: Foot that carries.
        elapsed: Time since it landed, s.
        lift_time: Time from its landing until the other foot is lifted, s.
        plan: Newest plan, in the heading frame.
        landing: (2,) place in odom where the swing sole's centre must land, m.
        foothold: Ground that was seen there; None where the foot feels its way.
        refusal: Why a footstep proposed for this step is not taken; it stays so.
    """

    def __init__(self, walk: Walk, stance: int, elapsed: float, inp: GaitInput):
        """Plan the step, `elapsed` s after the touchdown."""
        self.stance = stance
        self.elapsed = elapsed
        self.lift_time = walk.config.double_time
        self._walk = walk
        # Capture point when the foot should have landed.
        self._late_from: np.ndarray | None = None
        walk.planned_ticks += 1
        state = self.state(inp, SwingMotion.on_ground(self.lift_time))
        self.foothold: Foothold | None = None
        self.refusal: Refusal | None = None
        self._proposal: Footstep | None = None  # the proposed footstep that is taken, if one is
        if self._take_proposal(inp, state):
            return
        self._look_at(self._choose(inp, self._nominal_step()))
        self._adopt(state, walk.planner.plan(self._hurrying(state, inp)))
        self._step_onto_foothold(inp, state)

    # --- planning ----------------------------------------------------------------------------

    def state(self, inp: GaitInput, swing: SwingMotion) -> StepState:
        """Return what the planner needs to know at this tick."""
        return step_state(self._walk, self.stance, self.elapsed, inp, swing)

    def follow_plan(self, inp: GaitInput, swing: SwingMotion, may_replan: bool) -> np.ndarray:
        """Plan anew unless the landing is imminent; steer the capture point to its offset.

        Returns:
            (2,) centre of pressure in odom, m.
        """
        walk = self._walk
        walk.planned_ticks += 1
        state = self.state(inp, swing)
        if may_replan and walk.planned_ticks % PLAN_PERIOD_TICKS == 0 and self._may_move(state):
            self._replan(inp, state)
        return self.pressure(state)

    def pressure(self, state: StepState) -> np.ndarray:
        """Return the centre of pressure that this plan asks for now, (2,) in odom, m."""
        c = self._walk.config.pressure
        pressure = c.dcm_gain * self.plan.pressure
        if self.elapsed > self.plan.duration:
            pressure = pressure + self._chase(state)
        limit = np.array([c.zmp_x, c.zmp_y])
        return self._walk.frame.to_odom(state.stance + clamp(pressure, limit))

    def _may_move(self, state: StepState) -> bool:
        """Tell whether the landing may still move: not shortly before it, except after a shove."""
        remaining = self.plan.duration - self.elapsed
        return remaining > self._walk.config.planner.freeze or self._is_surprised(state)

    def _is_surprised(self, state: StepState) -> bool:
        """Tell whether the capture point left its course while the landing is still to come."""
        pivot = state.stance + self.plan.pressure
        growth = math.exp(state.omega * (self.elapsed - self._planned_at))
        ran = state.capture_point - pivot - growth * (self._planned_from - pivot)
        surprise = self._walk.config.tolerance.surprise
        is_far = math.hypot(float(ran[0]), float(ran[1])) > surprise
        return self.elapsed < self.plan.duration and is_far

    def _replan(self, inp: GaitInput, state: StepState) -> None:
        if self._take_proposal(inp, state):
            return
        if self._walk.planned_ticks % MAP_LOOK_PERIOD_TICKS == 0:
            self._look_at(self._renewed_foothold(inp))
        self._adopt(state, self._walk.planner.plan(self._hurrying(state, inp)))
        self._step_onto_foothold(inp, state)

    def _hurrying(self, state: StepState, inp: GaitInput) -> StepState:
        """Return the state with the haste that slipping and lame legs ask for."""
        hurries = self._stance_gives_way(inp)
        then_hurries = inp.lame[1 - self.stance]
        if not hurries and not then_hurries:
            return state
        return state._replace(hurries=hurries, then_hurries=then_hurries)

    def _stance_gives_way(self, inp: GaitInput) -> bool:
        return inp.slips[self.stance] or inp.lame[self.stance]

    def _adopt(self, state: StepState, plan: StepPlan) -> None:
        self.plan = plan
        self.landing = self._walk.frame.to_odom(plan.landing - self._walk.pivot)
        self._planned_from = state.capture_point
        self._planned_at = self.elapsed

    # --- proposed footsteps ------------------------------------------------------------------

    def _take_proposal(self, inp: GaitInput, state: StepState) -> bool:
        """Plan to land on a proposed footstep if that is safe; tell whether it is."""
        self._proposal = None
        coming = self._walk.coming_footsteps(inp, 1 - self.stance)
        if not coming:
            return False
        if self.refusal is None:
            self.refusal = self._refusal_or_plan(coming, inp, state)
        return self.refusal is None

    def _refusal_or_plan(
        self, coming: Sequence[Footstep], inp: GaitInput, state: StepState
    ) -> Refusal | None:
        """Plan the first of the `coming` footsteps; return why that cannot be done, or None."""
        walk = self._walk
        if self._stance_gives_way(inp):
            return Refusal.BALANCE
        refusal = walk.refusal(coming[0], inp)
        if refusal is not None:
            return refusal
        goal = walk.proposals.goal(coming, inp, walk.frame, walk.pivot)
        plan = walk.planner.plan_onto(state, goal)
        if isinstance(plan, Refusal):
            return plan
        self._adopt(state, plan)
        self._proposal = coming[0]
        heading = walk.command.heading
        self.foothold = walk.proposals.foothold(coming[0], inp, heading, walk.heights)
        return None

    # --- footholds that were seen ------------------------------------------------------------

    def _nominal_step(self) -> np.ndarray:
        """Return the step that the command asks for, (2,), m from the stance sole."""
        walk = self._walk
        aside = swing_sign(self.stance) * walk.config.planner.step_width
        return walk.command.velocity[:2] * walk.planner.nominal + np.array([0.0, aside])

    def _choose(self, inp: GaitInput, step: np.ndarray) -> Foothold | None:
        """Return a foothold near `step`, (2,), m from the stance sole; None if there is none."""
        walk = self._walk
        if walk.heights is None or walk.command.velocity[0] < 0.0:
            return None
        sole = inp.sole_positions[self.stance]
        here = np.array([*walk.frame.from_odom(sole), sole[2]])
        return walk.chooser.choose(walk.heights, here, step, walk.command.heading)

    def _renewed_foothold(self, inp: GaitInput) -> Foothold | None:
        """Look again; keep the foothold where the map has none for a moment, or it is late."""
        walk = self._walk
        if walk.heights is None or walk.command.velocity[0] < 0.0:
            return None
        if self.foothold is not None and self.elapsed >= 0.5 * self.plan.duration:
            return self.foothold
        return self._choose(inp, self._nominal_step()) or self.foothold

    def _look_at(self, foothold: Foothold | None) -> None:
        self.foothold = foothold
        if foothold is not None:
            self._walk.trim.reset()  # steps onto good ground do not keep the commanded speed

    def _step_onto_foothold(self, inp: GaitInput, state: StepState) -> None:
        """Plan to land on the foothold, or on another one where balance asks for that."""
        if self.foothold is None or self._stance_gives_way(inp):
            return
        walk = self._walk
        landing = self.plan.landing
        if abs(self.foothold.place[0] + walk.pivot[0] - landing[0]) > walk.config.foothold.shift:
            self._look_at(self._choose(inp, landing - state.stance))
        if self.foothold is None:
            return
        goal = FootholdGoal(
            ahead=self.foothold.place[0] + walk.pivot[0] - state.stance[0],
            stride=self.foothold.stride,
            duration=self.foothold.duration,
        )
        self._adopt(state, walk.planner.plan(state._replace(foothold=goal)))

    # --- late landings -----------------------------------------------------------------------

    def _chase(self, state: StepState) -> np.ndarray:
        """Move the landing point on with the capture point, since the ground is late.

        Returns:
            (2,) way in the heading frame that it has run since the planned landing, m.
        """
        if self._late_from is None:
            self._late_from = state.capture_point
        walk = self._walk
        ran = state.capture_point - self._late_from
        if self._proposal is not None:
            return ran  # the landing stays where it was proposed
        mirror = np.array([1.0, state.swing_sign])
        landing = walk.planner.within_bounds((self.plan.landing + ran - state.stance) * mirror)
        self.landing = walk.frame.to_odom(state.stance + landing * mirror - walk.pivot)
        return ran

    # --- what others ask of the step ---------------------------------------------------------

    def missed(self, inp: GaitInput) -> float:
        """Return by how much the next three steps miss the capture point, m."""
        walk = self._walk
        frame = walk.frame
        pivot = frame.from_odom(inp.sole_positions[self.stance]) + walk.pivot
        return walk.planner.missed(
            frame.from_odom(inp.capture_point) - pivot,
            swing_sign(self.stance),
            inp.omega,
            max(self.plan.duration - self.elapsed, 0.0),
        )

    @property
    def haste(self) -> float:
        """Return the haste of the step: 0 in its own time, 1 for the fastest."""
        nominal = self._walk.planner.nominal
        least = self._walk.config.planner.min_duration
        return min(max((nominal - self.plan.duration) / (nominal - least), 0.0), 1.0)

    @property
    def landing_yaw(self) -> float:
        """Return the heading in which the swing foot lands, rad."""
        if self._proposal is not None:
            return self._proposal.yaw_in_odom
        command = self._walk.command
        return command.heading + 0.5 * command.velocity[2] * self._walk.planner.nominal

    def output(
        self,
        inp: GaitInput,
        *,
        pressure: np.ndarray,
        max_swing_force: float,
        swing: FootReference | None,
    ) -> GaitOutput:
        """Return this tick's output.

        Args:
            inp: What is known at this tick.
            pressure: (2,) centre of pressure in odom, m.
            max_swing_force: Force that the swing sole may bear, N.
            swing: Reference of the swing foot; None while it still carries.
        """
        side = 1 - self.stance
        max_force = inp.full_loads
        max_force[side] = max_swing_force
        foothold = self.foothold
        swing_carries = max_swing_force > 0.0
        return GaitOutput(
            centre_of_pressure=pressure,
            in_contact=(swing_carries, True) if side == LEFT else (True, swing_carries),
            max_force=max_force,
            swing_side=None if swing is None else side,
            swing=swing,
            heading=self._walk.command.heading,
            ground=self._ground(inp),
            phase=GaitPhase.DOUBLE if swing is None else GaitPhase.SINGLE,
            landing=self.landing,
            landing_side=side,
            landing_in=max(self.plan.duration - self.elapsed, 0.0),
            landing_height=None if foothold is None else foothold.height,
            refusal=self.refusal,
        )

    def _ground(self, inp: GaitInput) -> np.ndarray:
        """Return a point of the ground, (3,), m.

        On stairs the body rises or sinks by half of the step before the foot lands.
        """
        sole = inp.sole_positions[self.stance]
        if self.foothold is None:
            return sole
        share = 0.5 * min(self.elapsed / self.plan.duration, 1.0)
        return sole + np.array([0.0, 0.0, share * (self.foothold.height - sole[2])])
