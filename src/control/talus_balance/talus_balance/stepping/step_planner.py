# SPDX-License-Identifier: Apache-2.0
"""Plans where and when the swing foot lands, on the divergent component of motion.

It follows Khadiv, Herzog, Moosavian, Righetti, "Walking control based on step timing adaptation",
T-RO 2020. The inverted pendulum about the stance foot u0, with a centre of pressure u0 + z, gives
the capture point at landing:
xi_T = u0 + (xi - u0) e^{w (T - t)} - z (e^{w (T - t)} - 1).
Step u and offset b = xi_T - u must be near nominal. Here the landing time is searched. For each
candidate, the centre of pressure z first does what it can; then the best u has a closed form per
axis. Constraints that are not convex in T (speed of the swing foot) stay exact.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from talus_core.clamp import clamp

from talus_balance.stepping.step_state import LandingGoal, NominalStep, Refusal, StepPlan, StepState
from talus_balance.stepping.swing_foot import unbraked_share

# Peak acceleration of a minimum-jerk move over the distance d in the time T is this times d / T^2.
MINIMUM_JERK_PEAK_FACTOR = 5.77
# A foot at speed v comes to rest in T with at least this times v / T: 4 / 3 of that is where the
# swing is clipped, and `swing_acceleration` is three quarters of that.
BRAKING_TIME_FACTOR = 0.75
# Share of the pendulum's rate over a leg that bears half of the weight: the root of the force's.
LAME_LEG_RATE_SHARE = 0.7
# s after the earliest moment, within which a step that hurries lands
HURRIED_LANDING_WINDOW_S = 0.05
# s to the nearest landing that is planned: ten ticks of 2 ms
LEAST_LANDING_LEAD_S = 0.02
# s about the last choice, candidates for the landing: the choice moves little from tick to tick
NEAR_CANDIDATES_S = np.array([-0.03, -0.01, 0.0, 0.01, 0.03])
# Shares of the possible range, candidates over all of it, so that no better minimum is missed.
FAR_CANDIDATE_SHARES = np.array([0.0, 0.25, 0.5, 1.0])
# e^{w (T - t)} - 1 in the last 15 ms of a step: less has no effect on the capture point.
LEAST_PRESSURE_AUTHORITY = 0.05
# m/s: at a lower speed a stride takes its longest time anyway
LEAST_SPEED_MPS = 1e-3


@dataclass(frozen=True)
class LandingBounds:
    """Bounds where a foot may land, from the stance foot; all in m.

    Attributes:
        forward, backward: Farthest landing ahead of and behind the stance foot (leg length 0.88 m
            and hip range).
        narrow, wide: Lateral bounds of a landing; `narrow` keeps 3 cm between the soles' sides.
        tandem: Replaces `narrow` where a foot lands `apart` ahead of or behind the other one.
        apart: Distance of two soles, one ahead of the other: their length and 6 cm.
    """

    forward: float = 0.65
    backward: float = 0.55
    narrow: float = 0.17
    tandem: float = 0.05
    apart: float = 0.30
    wide: float = 0.70


@dataclass(frozen=True)
class PlannerWeights:
    """Weighs deviations from the nominal step, offset, e^{wT}, and the stance sole's centre."""

    step: float = 1.0
    offset: float = 300.0
    time: float = 0.005
    pressure: float = 2.0


@dataclass(frozen=True)
class StepPlannerConfig:
    """Configures the nominal gait and what the legs can do; lengths in m, times in s.

    Attributes:
        step_width: Nominal lateral distance of the feet.
        duration: Nominal time from touchdown to touchdown.
        stride: Nominal step length that a faster cadence keeps, down to the duration `quickest`;
            longer ones straighten the trailing leg and turn its ankle to its end (0.8 rad) before
            the next foot has landed.
        quickest: Shortest nominal duration.
        min_duration, max_duration: Shortest and longest duration that the legs allow.
        swing_speed: Mean speed that the foot can reach, m/s (speed limits of hip and knee).
        swing_acceleration: Peak acceleration of a minimum-jerk swing, m/s^2; three quarters of
            what the swing is clipped to.
        freeze: Time before landing in which the target no longer moves, except after a shove.
        pressure_x, pressure_y: Farthest that the plan's centre of pressure goes from the sole's
            centre.
    """

    step_width: float = 0.19
    duration: float = 0.55
    stride: float = 0.44
    quickest: float = 0.36
    min_duration: float = 0.20
    max_duration: float = 0.75
    swing_speed: float = 3.0
    swing_acceleration: float = 65.0
    freeze: float = 0.06
    pressure_x: float = 0.06
    pressure_y: float = 0.025
    bounds: LandingBounds = field(default_factory=LandingBounds)
    weights: PlannerWeights = field(default_factory=PlannerWeights)


class _Choices(NamedTuple):
    """Holds what follows from each candidate landing time, (k, 2), m, y towards the swing side."""

    landing: np.ndarray
    pressure: np.ndarray
    error: np.ndarray


def nominal_offset(
    omega: float,
    duration: float,
    stride: float,
    width: float,
    other_width: float,
    following: float | None = None,
) -> np.ndarray:
    """Return the capture point minus the landing foot at landing in the periodic gait, (2,), m.

    Its y points towards the landing foot's side.

    Args:
        omega: Natural frequency of the pendulum, rad/s.
        duration: Duration of a step, s.
        stride: Distance forward per step, m.
        width: Lateral distance of the feet after this step, m.
        other_width: Lateral distance after the next step, m; it differs when walking sideways.
        following: Duration of the next step, s, if it differs.
    """
    growth = math.exp(omega * duration)
    other_growth = growth if following is None else math.exp(omega * following)
    aside = (width - other_width * growth) / (growth * other_growth - 1.0)
    return np.array([stride / (growth - 1.0), aside])


class StepPlanner:
    """Plans a step anew at every call; it keeps the last duration, from which it searches next.

    Attributes:
        nominal: Duration of the nominal step at the last call, s.
    """

    def __init__(self, config: StepPlannerConfig):
        self.config = config
        self.nominal = config.duration
        self._last_duration = config.duration
        self._pressure = np.array([config.pressure_x, config.pressure_y])
        self._low = np.array([-config.bounds.backward, config.bounds.tandem])
        self._high = np.array([config.bounds.forward, config.bounds.wide])
        widest = config.bounds.wide - config.step_width
        # s, the duration of the shortest step over the widest distance
        self._hasty = math.sqrt(MINIMUM_JERK_PEAK_FACTOR * widest / config.swing_acceleration)

    def plan(self, state: StepState) -> StepPlan:
        """Return the best landing for the state now, in the frame of the state."""
        mirror = np.array([1.0, state.swing_sign])  # turns y towards the swing side
        nominal = self._nominal_step(state, mirror)
        self.nominal = nominal.duration
        times = self._candidate_times(state)
        low, high = self._reachable(state, mirror, times)
        if state.foothold is not None:
            ahead = np.minimum(np.maximum(nominal.step[0], low[:, 0]), high[:, 0])
            low[:, 0] = ahead
            high[:, 0] = ahead
        choices = self._choices(state, nominal, times, low, high)
        best = int(self._costs(state, nominal, times, choices).argmin())
        return self._chosen(state, times, choices, best)

    def plan_onto(self, state: StepState, goal: LandingGoal) -> StepPlan | Refusal:
        """Return the best time to land on a given place, or why there is none.

        The capture point must come so near to where the next step needs it that the centre of
        pressure of that step can make up for the rest.
        """
        mirror = np.array([1.0, state.swing_sign])
        step = (goal.landing - state.stance) * mirror
        nominal = NominalStep(step, goal.offset * mirror, goal.duration)
        self.nominal = goal.duration
        times = self._candidate_times(state)
        low, high = self._reachable(state, mirror, times)
        in_time = ((step >= low) & (step <= high)).all(axis=1)
        if not in_time.any():
            return Refusal.TIME
        fixed = np.tile(step, (len(times), 1))
        choices = self._solve(state, nominal, times, fixed, fixed)
        made_good = self._pressure * (1.0 - math.exp(-state.omega * goal.duration))
        is_sound = in_time & (np.abs(choices.error) <= made_good).all(axis=1)
        if not is_sound.any():
            return Refusal.CAPTURE
        costs = np.where(is_sound, self._costs(state, nominal, times, choices), np.inf)
        return self._chosen(state, times, choices, int(np.argmin(costs)))

    def _costs(
        self, state: StepState, nominal: NominalStep, times: np.ndarray, choices: _Choices
    ) -> np.ndarray:
        """Return the cost of each candidate, (k,)."""
        weights = self.config.weights
        early = np.exp(state.omega * times) - math.exp(state.omega * nominal.duration)
        misses = (
            weights.step * (choices.landing - nominal.step) ** 2
            + weights.offset * choices.error**2
            + weights.pressure * choices.pressure**2
        )
        return weights.time * early * early + misses[:, 0] + misses[:, 1]

    def _chosen(
        self, state: StepState, times: np.ndarray, choices: _Choices, best: int
    ) -> StepPlan:
        """Return the plan of one candidate; the next search starts from it."""
        mirror = np.array([1.0, state.swing_sign])
        self._last_duration = float(times[best])
        landing = state.stance + choices.landing[best] * mirror
        return StepPlan(landing, self._last_duration, choices.pressure[best] * mirror)

    def _nominal_step(self, state: StepState, mirror: np.ndarray) -> NominalStep:
        """Return the step that the wanted velocity and the foothold ask for."""
        c = self.config
        foothold = state.foothold
        duration = self.duration_at(state.velocity) if foothold is None else foothold.duration
        stride, aside = state.velocity * mirror * duration
        # The widths of this step and the next one differ by two strides aside.
        width = max(c.step_width + aside, c.bounds.narrow + max(2.0 * aside, 0.0))
        step = np.array([stride, width])
        following = (
            LAME_LEG_RATE_SHARE * (c.min_duration + HURRIED_LANDING_WINDOW_S)
            if state.then_hurries
            else None
        )
        offset = nominal_offset(
            omega=state.omega,
            duration=duration,
            stride=stride,
            width=width,
            other_width=width - 2.0 * aside,
            following=following,
        )
        if foothold is not None:
            step[0] = foothold.ahead
            offset[0] = (foothold.stride + offset[0]) * math.exp(-state.omega * duration)
        return NominalStep(step, offset, duration)

    def _choices(
        self,
        state: StepState,
        nominal: NominalStep,
        times: np.ndarray,
        low: np.ndarray,
        high: np.ndarray,
    ) -> _Choices:
        """Solve for (k,) s within bounds (k, 2), m; soles side by side keep their distance."""
        c = self.config
        choices = self._solve(state, nominal, times, low, high)
        beside = np.abs(choices.landing[:, 0]) < c.bounds.apart
        if not np.count_nonzero(beside & (choices.landing[:, 1] < c.bounds.narrow)):
            return choices
        low[beside, 1] = np.maximum(low[beside, 1], c.bounds.narrow)
        high[:, 1] = np.maximum(high[:, 1], low[:, 1])
        return self._solve(state, nominal, times, low, high)

    def prefers_same_foot(self, state: StepState) -> bool:
        """Tell whether the stance foot, which has just landed, had better step again.

        Feet do not cross: towards the stance foot's side the other foot could only land beside it,
            and
        meanwhile the capture point runs away. Compared is how much is out of reach at the landing
        of the widest step, with this foot now or with it after the other's narrow step: the foot
        steps again if that is less aside and no more ahead. Both soles are on the ground or next to
        it.
        """
        c = self.config
        outward = np.array([1.0, -state.swing_sign])  # turns y away from the swing side
        growth = math.exp(state.omega * self._hasty)
        ahead, aside = (state.capture_point - state.stance) * outward
        back, width = (state.stance - state.swing) * outward
        if aside <= 0.0:
            return False
        spare = c.pressure_x * (growth - 1.0)  # what the centre of pressure can make up for
        later = _beyond(ahead * growth, -c.bounds.backward, c.bounds.forward)
        later = _beyond(later * growth, -c.bounds.backward, c.bounds.forward)
        now = _beyond((ahead + back) * growth, -c.bounds.backward, c.bounds.forward)
        if abs(now) > abs(later) + spare:
            return False
        later = _beyond((aside * growth + c.bounds.narrow) * growth, c.bounds.narrow, c.bounds.wide)
        return abs(_beyond((aside + width) * growth, c.bounds.narrow, c.bounds.wide)) < abs(later)

    def missed(
        self, capture_point: np.ndarray, swing_sign: float, omega: float, landing_in: float
    ) -> float:
        """Return by how much the next three steps miss the capture point, m.

        They are the step of the foot in the air, which lands in `landing_in` s, and the two
        quickest ones after it. This is N-step capturability (Koolen et al., "Capturability-based
        analysis and control of legged locomotion", IJRR 2012) within the bounds of a landing.

        Args:
            capture_point: (2,) capture point from the stance foot's pivot, along the heading, m.
            swing_sign: +1 when the left foot swings, -1 when the right does.
            omega: Natural frequency of the inverted pendulum, rad/s.
            landing_in: Time until the foot in the air lands, s.
        """
        c = self.config
        ahead, aside = capture_point.tolist()
        aside *= swing_sign
        quickest = math.exp(omega * max(self._hasty, c.min_duration))
        for growth in (math.exp(omega * landing_in), quickest, quickest):
            ahead = _towards(ahead * growth, 0.0, c.pressure_x * (growth - 1.0))
            aside = _towards(aside * growth, c.bounds.narrow, c.pressure_y * (growth - 1.0))
            ahead = _beyond(ahead, -c.bounds.backward, c.bounds.forward)
            aside = -_beyond(
                aside, c.bounds.narrow, c.bounds.wide
            )  # from the landed foot, towards the other foot
        ahead = _beyond(ahead * quickest, -c.bounds.backward, c.bounds.forward)
        return math.hypot(ahead, _beyond(aside * quickest, 0.0, c.bounds.wide)) / quickest

    def within_bounds(self, landing: np.ndarray) -> np.ndarray:
        """Return the nearest landing that a leg can reach, (2,), m from the stance foot.

        Its y, like that of `landing`, points towards the swing side.
        """
        low = np.array([self._low[0], self.narrowest(float(landing[0]))])
        return np.minimum(np.maximum(landing, low), self._high)

    def narrowest(self, ahead: float) -> float:
        """Return how near beside the stance foot a foot that is `ahead` m of it may be, m."""
        return (
            self.config.bounds.narrow
            if abs(ahead) < self.config.bounds.apart
            else self.config.bounds.tandem
        )

    def duration_at(self, velocity: np.ndarray) -> float:
        """Return the duration of a nominal step at `velocity` (2,), m/s, in s."""
        c = self.config
        return min(
            max(c.stride / max(abs(float(velocity[0])), LEAST_SPEED_MPS), c.quickest), c.duration
        )

    def fastest(self, double_time: float) -> float:
        """Return the fastest walk forward at which a swing foot keeps up with its stride, m/s.

        It goes two steps far, once the load has left it, `double_time` s after a touchdown. inf
        where even the quickest steps leave time enough.
        """
        c = self.config
        time_to_swing = 2.0 * c.stride / c.swing_speed
        if time_to_swing <= c.quickest - double_time:
            return math.inf
        if time_to_swing <= c.duration - double_time:
            return c.stride / (time_to_swing + double_time)
        return 0.5 * c.swing_speed * (1.0 - double_time / c.duration)

    def fastest_aside(self, double_time: float) -> float:
        """Return the fastest walk aside at which the legs reach as wide as it asks, m/s.

        A foot goes two strides, and the feet are then so much farther apart.
        """
        c = self.config
        way = min(c.bounds.wide - c.step_width, c.swing_speed * (c.duration - double_time))
        return 0.5 * way / c.duration

    @property
    def cadence(self) -> float:
        """Return how quick the nominal step is: from 0 at the slowest to 1 at the quickest.

        It is 0 where a foothold takes longer than the slowest step.
        """
        c = self.config
        return min(max((c.duration - self.nominal) / (c.duration - c.quickest), 0.0), 1.0)

    def _candidate_times(self, state: StepState) -> np.ndarray:
        """Return candidate durations of the step, (10,), s, none shorter than the legs allow."""
        c = self.config
        swing_speed_inwards = max(-state.swing_sign * float(state.swing_velocity[1]), 0.0)
        # s until the swing foot no longer nears the other one
        braking = BRAKING_TIME_FACTOR * swing_speed_inwards / c.swing_acceleration
        swings_from = max(state.elapsed, state.free_at)
        earliest = max(state.elapsed + LEAST_LANDING_LEAD_S, swings_from + braking)
        earliest = max(c.min_duration, earliest)
        latest = (
            earliest + HURRIED_LANDING_WINDOW_S if state.hurries else max(c.max_duration, earliest)
        )
        near = self._last_duration + NEAR_CANDIDATES_S
        far = earliest + (latest - earliest) * FAR_CANDIDATE_SHARES
        times = np.concatenate((near, far, (self.nominal,)))
        return np.minimum(np.maximum(times, earliest), latest)

    def _reachable(
        self, state: StepState, mirror: np.ndarray, times: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the lowest and highest landings, (k, 2), m, of minimum-jerk swings to (k,) s.

        What was in reach when the foot was lifted stays so while it follows its swing.
        """
        c = self.config
        whole = np.maximum(times - state.free_at, 0.0)[:, np.newaxis]
        time = np.minimum(whole, np.maximum(times - state.elapsed, 0.0)[:, np.newaxis])
        over = 1.0 - time / np.maximum(whole, LEAST_LANDING_LEAD_S)
        hip = c.swing_acceleration * whole * whole / MINIMUM_JERK_PEAK_FACTOR
        reach = np.minimum(c.swing_speed * time, hip * unbraked_share(over))
        swing = (state.swing - state.stance) * mirror
        braked = swing + 0.5 * time * state.swing_velocity * mirror  # rest by least acceleration
        low = np.minimum(np.maximum(braked - reach, self._low), self._high)
        high = np.maximum(np.minimum(braked + reach, self._high), low)
        return low, high

    def _solve(
        self,
        state: StepState,
        nominal: NominalStep,
        times: np.ndarray,
        low: np.ndarray,
        high: np.ndarray,
    ) -> _Choices:
        """Choose the pressure first, then landings within bounds (k, 2), m, for (k,) s."""
        c = self.config
        step = nominal.step
        offset = nominal.offset
        capture_point = (state.capture_point - state.stance) * np.array([1.0, state.swing_sign])
        growth = np.exp(state.omega * (times - state.elapsed))[:, np.newaxis]
        free = capture_point * growth
        authority = np.maximum(growth - 1.0, LEAST_PRESSURE_AUTHORITY)
        pressure = clamp((free - step - offset) / authority, self._pressure)
        at_landing = free - pressure * (growth - 1.0)
        pulled = c.weights.step * step + c.weights.offset * (at_landing - offset)
        ideal = pulled / (c.weights.step + c.weights.offset)
        landing = np.minimum(np.maximum(ideal, low), high)
        return _Choices(landing, pressure, at_landing - landing - offset)


def _beyond(place: float, low: float, high: float) -> float:
    """Return by how much a place is out of reach, m, with its sign."""
    return place - min(max(place, low), high)


def _towards(value: float, goal: float, most: float) -> float:
    """Return `value` moved towards `goal`, by `most` at most."""
    return value + min(max(goal - value, -most), most)
