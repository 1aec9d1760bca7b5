# SPDX-License-Identifier: Apache-2.0
"""The gait state machine: which soles carry, where the next one lands, and where the centre of pressure should be."""

from __future__ import annotations

import math

import numpy as np
from talus_core.robot import Foot
from talus_core.rotations import wrap_angle

from talus_balance.clamp import clamp
from talus_balance.stepping.footholds import Foothold, FootholdChooser
from talus_balance.stepping.gait_types import LEFT, RIGHT, STILL, GaitConfig, GaitInput, GaitOutput, Phase
from talus_balance.stepping.height_grid import HeightGrid
from talus_balance.stepping.path_hold import PathHold
from talus_balance.stepping.speed_trim import SpeedTrim
from talus_balance.stepping.step_planner import StepPlan, StepPlanner, nominal_offset
from talus_balance.stepping.swing_foot import FootReference, SwingFoot

LOOK_EVERY = 20  # ticks; the map says something new every 0.1 s
PLAN_EVERY = 2  # ticks; the capture point moves 0.7 % of its offset in 2 ms
EARLY_GAIN = 0.2  # of a touchdown's error in time, per step: some five steps
MAX_EARLY = 0.03  # s that a touchdown on level ground comes before its time: toe or heel 1 cm low
SURPRISE = 0.03  # m by which a capture point that is shoved leaves its course; in ordinary steps 1 cm
ASIDE_SLACK = 0.01  # m inside the narrowest landing that a swing foot may pass: it yields, the landing does not


class Gait:
    """Call `reset` when both soles carry, then `step` every tick.

    Attributes:
        heights: Of the ground as it was seen; None: the feet feel their way.
    """

    def __init__(self, config: GaitConfig, dt: float, foot_half: tuple[float, float], foot: Foot):
        self.config = config
        self.dt = dt
        self._foot_half = foot_half
        self._planner = StepPlanner(config.planner)
        self._chooser = FootholdChooser(config.foothold, foot)
        self._trim = SpeedTrim()
        self._path = PathHold()
        self._early = 0.0  # s by which soles touch before their reference does: a property of the body
        self.heights: HeightGrid | None = None
        self._velocity_step = np.array(config.max_acceleration) * dt
        self._pressure_limit = np.array([config.zmp_x, config.zmp_y])
        self._pivot = np.array([config.pivot_x, 0.0])
        handlers = (self._stand, self._shift, self._double, self._single)
        self._handlers = dict(zip((Phase.STAND, Phase.SHIFT, Phase.DOUBLE, Phase.SINGLE), handlers, strict=True))
        self.reset(0.0)

    def reset(self, heading: float) -> None:
        """Stand, with this heading (rad)."""
        self.phase = Phase.STAND
        self.heading = self._course = heading
        self.stance = LEFT
        self.elapsed = 0.0
        self.velocity = np.zeros(3)
        self._ticks = 0
        self._time = 0.0
        self._trim.reset()
        self._path.reset()
        self._touching, self._stubbing = 0, 0
        self._lift_time = 0.0
        self._swing: SwingFoot | None = None
        self._foothold: Foothold | None = None
        self._due: np.ndarray | None = None  # the capture point when the foot should have landed
        self._plan: StepPlan | None = None
        self._planned = (np.zeros(2), 0.0)  # capture point, in the heading frame, and time of the step at that plan
        self._landing_force = 0.0
        self._landing: np.ndarray | None = None
        self._is_fresh = False  # the stance foot has landed after a whole step
        self._puts_back = False  # the other foot is put down again, so that the fresh one steps again
        self._put_time = 0.0  # s in which that is done

    @property
    def is_standing(self) -> bool:
        """Both feet carry and no step is under way."""
        return self.phase is Phase.STAND

    def step(self, inp: GaitInput) -> GaitOutput:
        """One tick."""
        self._follow_command(inp)
        self.elapsed += self.dt
        self._time += self.dt
        return self._handlers[self.phase](inp)

    # --- command and heading -------------------------------------------------------------------------------------

    def _follow_command(self, inp: GaitInput) -> None:
        wanted = inp.velocity if inp.may_walk else 0.0
        self.velocity = self.velocity + clamp(wanted - self.velocity, self._velocity_step)
        if self.phase is Phase.STAND:
            self.velocity[:] = 0.0
            self._course = self.heading
            return
        c, stance_yaw = self.config, float(inp.sole_yaws[self.stance])
        lead = wrap_angle(self._course + float(self.velocity[2]) * self.dt - stance_yaw)
        self._course = stance_yaw + min(max(lead, -c.off_course), c.off_course)
        self.heading = stance_yaw + min(max(lead, -c.heading_lead), c.heading_lead)

    def _to_heading(self, xy: np.ndarray) -> np.ndarray:
        c, s = math.cos(self.heading), math.sin(self.heading)
        return np.array([c * xy[0] + s * xy[1], -s * xy[0] + c * xy[1]])

    def _from_heading(self, xy: np.ndarray) -> np.ndarray:
        c, s = math.cos(self.heading), math.sin(self.heading)
        return np.array([c * xy[0] - s * xy[1], s * xy[0] + c * xy[1]])

    # --- standing ------------------------------------------------------------------------------------------------

    def _stand(self, inp: GaitInput) -> GaitOutput:
        centre = 0.5 * (inp.sole_positions[LEFT, :2] + inp.sole_positions[RIGHT, :2])
        if inp.may_walk and np.any(np.abs(inp.velocity) > STILL):
            self._begin_shift(inp)
        elif inp.may_step and self._leaves_support(inp, centre):
            self._begin_catch(inp)
        error = self._to_heading(inp.capture_point - centre)
        zmp = self.config.stand_gain * error
        half = self._support_half(inp)
        return self._output(inp, centre + self._from_heading(clamp(zmp, 1.15 * half)), None)

    def _support_half(self, inp: GaitInput) -> np.ndarray:
        spread = np.abs(self._to_heading(inp.sole_positions[LEFT, :2] - inp.sole_positions[RIGHT, :2]))
        return np.array([self._foot_half[0], self._foot_half[1] + 0.5 * spread[1]])

    def _leaves_support(self, inp: GaitInput, centre: np.ndarray) -> bool:
        c = self.config
        error = np.abs(self._to_heading(inp.capture_point - centre))
        half = self._support_half(inp)
        return bool(error[0] > half[0] - c.stand_margin_x or error[1] > half[1] - c.stand_margin_y)

    def _begin_catch(self, inp: GaitInput) -> None:
        """Falling: swing the foot on the falling side at once (fewer steps than leaning over it)."""
        centre = 0.5 * (inp.sole_positions[LEFT, :2] + inp.sole_positions[RIGHT, :2])
        error = self._to_heading(inp.capture_point - centre)
        speed = self._to_heading(inp.com_velocity[:2])
        side = error[1] if abs(error[1]) > 0.03 else speed[1]
        self.stance = RIGHT if side > 0.0 else LEFT
        self._begin_single(inp)

    def _begin_shift(self, inp: GaitInput) -> None:
        sideways = inp.velocity[1] + 0.1 * inp.velocity[2]
        self.stance = RIGHT if sideways > 0.0 else LEFT
        self.phase, self.elapsed = Phase.SHIFT, 0.0

    def _shift(self, inp: GaitInput) -> GaitOutput:
        """Push the capture point from the coming swing foot towards the stance foot, to the periodic gait's start."""
        c = self.config
        stance, swing = inp.sole_positions[self.stance, :2], inp.sole_positions[1 - self.stance, :2]
        offset = self._to_heading(inp.capture_point - stance)
        swing_sign = self._swing_sign()
        width = c.planner.step_width
        nominal = nominal_offset(inp.omega, c.planner.duration, 0.0, width, width)
        arrived = swing_sign * offset[1] <= abs(nominal[1]) + 0.005
        if arrived or self.elapsed > c.max_shift:
            self._begin_single(inp)
        zmp = self._to_heading(swing - stance)
        zmp[0] = c.stand_gain * offset[0] + (1.0 - c.stand_gain) * 0.5 * zmp[0]
        zmp[0] = min(max(zmp[0], -c.zmp_x), c.zmp_x)
        return self._output(inp, stance + self._from_heading(zmp), None)

    # --- stepping ------------------------------------------------------------------------------------------------

    def _swing_sign(self) -> float:
        return 1.0 if self.stance == RIGHT else -1.0

    def _begin_single(self, inp: GaitInput) -> None:
        side = 1 - self.stance
        self.phase, self.elapsed, self._lift_time = Phase.DOUBLE, 0.0, self.config.double_time
        self._plan, self._swing, self._due, self._foothold = None, None, None, None
        self._landing_force = float(inp.forces[side])

    def _double(self, inp: GaitInput) -> GaitOutput:
        """Load leaves the coming swing foot; the plan for its step runs already, and a hasty step hastens this too."""
        if self._prefers_same_foot(inp):
            self.stance = 1 - self.stance
            self._begin_single(inp)
            self._is_fresh = False
        zmp = self._follow_plan(inp)
        self._lift_time = self.config.double_time * min(self._plan.duration / self._planner.nominal, 1.0)
        share = max(1.0 - self.elapsed / self._lift_time, 0.0)
        limits = _full_loads(inp)
        limits[1 - self.stance] = max(share * max(self._landing_force, 50.0), 1.0)
        output = self._output(inp, zmp, None, limits)
        if share <= 0.0:
            side = 1 - self.stance
            self.phase = Phase.SINGLE
            self._swing = SwingFoot(
                self.config.swing, inp.sole_positions[side], inp.sole_velocities[side], float(inp.sole_yaws[side])
            )
        return output

    def _prefers_same_foot(self, inp: GaitInput) -> bool:
        """A shove towards the foot that has just landed: that one steps again, at most once."""
        stance, swing = inp.sole_positions[self.stance], inp.sole_positions[1 - self.stance]
        is_low = self.elapsed < self.config.double_time + self.config.put_back
        return (
            self._is_fresh
            and is_low
            and self._planner.prefers_same_foot(
                self._to_heading(inp.capture_point),
                self._to_heading(stance) + self._pivot,
                self._to_heading(swing) + self._pivot,
                self._swing_sign(),
                inp.omega,
            )
        )

    def _single(self, inp: GaitInput) -> GaitOutput:
        zmp = self._follow_plan(inp)
        side = 1 - self.stance
        self._watch_way(inp, side)
        if not self._puts_back and self._prefers_same_foot(inp):
            self._puts_back, self._lift_time = True, self.elapsed
            place, speed = inp.sole_positions[side], inp.sole_velocities[side]
            self._landing, self._put_time = self._swing.put_down(place, speed, self._ground_at(inp, place[:2]))
        in_time = self._planner.cadence * (1.0 - self._haste())  # where it matters
        swing_time = max(self._plan.duration + in_time * self._early - self._lift_time, 0.1)
        if self._puts_back:
            swing_time = self._put_time
        phase = (self.elapsed - self._lift_time) / swing_time
        ahead = float(self._to_heading(self._swing.place - inp.sole_positions[self.stance, :2])[0])
        self._swing.keep_aside(
            inp.sole_positions[self.stance, :2],
            self._from_heading(np.array([0.0, self._swing_sign()])),
            self._planner.narrowest(ahead) - ASIDE_SLACK,
        )
        ground = self._ground_at(inp, self._landing) if self._foothold is None else self._foothold.height
        reference = self._swing.step(
            self._landing,
            ground - self._haste() * self.config.hasty_depth,
            inp.gradient,
            self._landing_yaw(),
            phase,
            swing_time,
            self.dt,
        )
        limits = _full_loads(inp)
        limits[side] = 0.0
        output = self._output(inp, zmp, reference, limits)
        self._touching = self._touching + 1 if inp.forces[side] > self.config.touchdown_force else 0
        if phase > self.config.touchdown_phase and self._touching >= self.config.touchdown_ticks:
            self._land(inp, side)
        return output

    def _ground_at(self, inp: GaitInput, place: np.ndarray) -> float:
        """m, height of the ground at `place` (2,) as the stance foot and its slope say."""
        stance = inp.sole_positions[self.stance]
        return float(stance[2] + inp.gradient @ (place - stance[:2]))

    def _watch_way(self, inp: GaitInput, side: int) -> None:
        """A foot in the air that feels more sideways than friction explains has run against an edge.

        It is lifted over it, or where there is no time for that, comes down before it.
        """
        force = inp.side_forces[side]
        size = math.sqrt(force @ force)
        resists = size > self.config.touchdown_force + max(float(inp.forces[side]), 0.0)
        self._stubbing = self._stubbing + 1 if resists and force @ self._swing.velocity < 0.0 else 0
        if self._stubbing < self.config.touchdown_ticks:
            return
        c, place = self.config.swing, inp.sole_positions[side].copy()
        place[:2] += c.retreat / size * force
        if self._plan.duration - self.elapsed > c.least_swing:
            self._swing = SwingFoot(c, place, np.zeros(3), float(inp.sole_yaws[side]), c.rise_time)
            self._lift_time = self.elapsed
        else:
            self._swing.stay(place[:2])
        self._stubbing = 0

    def missed(self, inp: GaitInput) -> float:
        """m by which the next three steps miss the capture point; 0 while standing."""
        if self._plan is None:
            return 0.0
        return self._planner.missed(
            self._to_heading(inp.capture_point),
            self._to_heading(inp.sole_positions[self.stance]) + self._pivot,
            self._swing_sign(),
            max(self._plan.duration - self.elapsed, 0.0),
            inp.omega,
        )

    def _haste(self) -> float:
        """0 for a step in its own time, 1 for the fastest."""
        nominal, least = self._planner.nominal, self.config.planner.min_duration
        return min(max((nominal - self._plan.duration) / (nominal - least), 0.0), 1.0)

    def _landing_yaw(self) -> float:
        return self.heading + 0.5 * self.velocity[2] * self._planner.nominal

    def _follow_plan(self, inp: GaitInput) -> np.ndarray:
        """Re-plan unless the landing is imminent; return the centre of pressure that steers to the nominal offset."""
        c, planner = self.config, self.config.planner
        stance, swing = (self._to_heading(inp.sole_positions[i]) + self._pivot for i in (self.stance, 1 - self.stance))
        xi = self._to_heading(inp.capture_point)
        self._ticks += 1
        due = (
            self._ticks % PLAN_EVERY == 0
            and not self._puts_back
            and self._plan is not None
            and (self._plan.duration - self.elapsed > planner.freeze or self._is_surprised(xi, stance, inp.omega))
        )
        if self._plan is None or due:
            state = (
                xi,
                stance,
                swing,
                np.zeros(2) if self._swing is None else self._to_heading(self._swing.velocity),
                self._swing_sign(),
                self.elapsed,
                self._lift_time + (0.0 if self._swing is None else self._swing.rise_time),
                self.velocity[:2] + self._trim.value + np.array([0.0, self._path.aside]),
                inp.omega,
            )
            if self._plan is None or self._ticks % LOOK_EVERY == 0:
                self._look(inp)
            hurries = inp.slips[self.stance] or inp.lame[self.stance]
            self._plan = self._planner.plan(*state, hurries=hurries, then_hurries=inp.lame[1 - self.stance])
            self._planned = xi, self.elapsed
            if self._foothold is not None and not hurries:
                self._plan = self._on_foothold(inp, state, stance)
            self._landing = self._from_heading(self._plan.landing - self._pivot)
        pressure = c.dcm_gain * self._plan.pressure
        if self.elapsed > self._plan.duration:
            pressure = pressure + self._chase(xi, stance)
        return self._from_heading(stance + clamp(pressure, self._pressure_limit))

    def _is_surprised(self, capture_point: np.ndarray, stance: np.ndarray, omega: float) -> bool:
        """Whether the capture point is not where the plan had it, while its landing is still to come; (2,) m each."""
        then, at = self._planned
        pivot = stance + self._plan.pressure
        ran = capture_point - pivot - math.exp(omega * (self.elapsed - at)) * (then - pivot)
        return self.elapsed < self._plan.duration and math.hypot(float(ran[0]), float(ran[1])) > SURPRISE

    def _look(self, inp: GaitInput, step: np.ndarray | None = None) -> None:
        """Choose the foothold near `step` (2,) m from the stance sole, in the heading frame; None: the nominal step.

        A nominal step keeps the one that it has when the map has none for a moment, and any in its second half.
        """
        kept, self._foothold = self._foothold if step is None else None, None
        if self.heights is None or self.velocity[0] < 0.0:
            return
        if kept is None or self.elapsed < 0.5 * self._plan.duration:
            sole, planner = inp.sole_positions[self.stance], self.config.planner
            if step is None:
                aside = self._swing_sign() * planner.step_width
                step = self.velocity[:2] * self._planner.nominal + np.array([0.0, aside])
            here = np.array([*self._to_heading(sole), sole[2]])
            kept = self._chooser.choose(self.heights, here, step, self.heading) or kept
        self._foothold = kept
        if self._foothold is not None:
            self._trim.reset()  # who steps where it is good does not keep the commanded speed

    def _on_foothold(self, inp: GaitInput, state: tuple, stance: np.ndarray) -> StepPlan:
        """The plan that lands there, or where balance asks for another one, there; without any, the plan as it is."""
        plan = self._plan
        if abs(self._foothold.place[0] + self._pivot[0] - plan.landing[0]) > self.config.foothold.shift:
            self._look(inp, plan.landing - stance)
        if self._foothold is None:
            return plan
        ahead = self._foothold.place[0] + self._pivot[0] - stance[0]
        return self._planner.plan(*state, (ahead, self._foothold.stride, self._foothold.duration))

    def _chase(self, capture_point: np.ndarray, stance: np.ndarray) -> np.ndarray:
        """The ground is late: the landing point moves on with the capture point, all (2,) m in the heading frame.

        Returns how far that has run since the planned landing.
        """
        if self._due is None:
            self._due = capture_point
        ran, mirror = capture_point - self._due, np.array([1.0, self._swing_sign()])
        landing = (self._plan.landing + ran - stance) * mirror
        self._landing = self._from_heading(stance + self._planner.within_bounds(landing) * mirror - self._pivot)
        return ran

    def _land(self, inp: GaitInput, side: int) -> None:
        if not self._puts_back:
            error = self._plan.duration - self.elapsed
            self._early = min(max(self._early + EARLY_GAIN * error, 0.0), MAX_EARLY)
        self._landing_force = float(inp.forces[self.stance])
        self.stance = side
        self._is_fresh, self._puts_back = not self._puts_back, False
        self.phase, self.elapsed, self._lift_time = Phase.DOUBLE, 0.0, self.config.double_time
        self._plan, self._swing, self._due, self._foothold = None, None, None, None
        forward = self._from_heading(np.array([1.0, 0.0]))
        self._trim.landed(self._time, inp.com[:2], self.velocity[:2], forward)
        self._path.landed(self._time, inp.sole_positions[:, :2], self._course, self.velocity)
        if self._path.holds:
            self._trim.value[1] = 0.0  # two who integrate the same drift swing
        if self._may_settle(inp):
            self._trim.reset()
            self._path.reset()
            self.phase = Phase.STAND

    def _may_settle(self, inp: GaitInput) -> bool:
        c = self.config
        wants = inp.may_walk and np.any(np.abs(inp.velocity) > STILL)
        if wants or np.any(np.abs(self.velocity) > 0.05):
            return False
        soles = inp.sole_positions
        centre = 0.5 * (soles[LEFT, :2] + soles[RIGHT, :2])
        offset = np.abs(self._to_heading(inp.capture_point - centre))
        level = abs(self._to_heading(soles[LEFT, :2] - soles[RIGHT, :2])[0]) < 0.06
        slow = abs(inp.com_velocity[0]) < c.settle_speed
        return bool(level and slow and offset[0] < c.settle_offset and offset[1] < c.settle_offset_y)

    def _output(
        self, inp: GaitInput, zmp: np.ndarray, swing: FootReference | None, max_force: np.ndarray | None = None
    ) -> GaitOutput:
        if max_force is None:
            max_force = _full_loads(inp)
        return GaitOutput(
            centre_of_pressure=zmp,
            in_contact=(bool(max_force[LEFT] > 0.0), bool(max_force[RIGHT] > 0.0)),
            max_force=max_force,
            swing_side=None if swing is None else 1 - self.stance,
            swing=swing,
            heading=self.heading,
            ground=self._ground(inp),
            phase=self.phase,
            landing=None if self._plan is None else self._landing,
            landing_side=None if self._plan is None else 1 - self.stance,
            landing_in=0.0 if self._plan is None else max(self._plan.duration - self.elapsed, 0.0),
            landing_height=None if self._foothold is None else self._foothold.height,
        )

    def _ground(self, inp: GaitInput) -> np.ndarray:
        """(3,) m, a point of the ground; on stairs the body rises or sinks half of the step before the foot lands."""
        if self.is_standing:
            return inp.sole_positions.mean(axis=0)
        sole = inp.sole_positions[self.stance]
        if self._foothold is None or self._plan is None:
            return sole
        share = 0.5 * min(self.elapsed / self._plan.duration, 1.0)
        return sole + np.array([0.0, 0.0, share * (self._foothold.height - sole[2])])


def _full_loads(inp: GaitInput) -> np.ndarray:
    """(2,) N that no sole reaches: three times the weight."""
    return np.full(2, 3.0 * inp.weight)
