# SPDX-License-Identifier: Apache-2.0
"""Where and when the swing foot lands: step location and timing adaptation on the divergent component of motion.

Khadiv, Herzog, Moosavian, Righetti, "Walking control based on step timing adaptation", T-RO 2020: the inverted pendulum
about the stance foot u0 with a centre of pressure u0 + z gives the capture point at landing
xi_T = u0 + (xi - u0) e^{w (T - t)} - z (e^{w (T - t)} - 1);  step u and offset b = xi_T - u shall be near nominal.
Here the landing time is searched: for each candidate, first the centre of pressure z does what it can, then the best u
is closed-form per axis; constraints that are not convex in T (speed of the swing foot) stay exact.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from talus_balance.clamp import clamp

MINIMUM_JERK_PEAK = 5.77  # acceleration of a minimum-jerk move, in d / T^2
BRAKING = 0.75  # of v / T at the least, with which a foot comes to rest: it is clipped at 4 / 3 of swing_acceleration
GIVING_WAY = 0.7  # of the pendulum's rate over a leg that bears half of the weight: it goes with the root of the force
HURRY = 0.05  # s after the earliest moment in which a step that hurries lands


@dataclass(frozen=True)
class StepPlannerConfig:
    """Gait and its bounds; lengths m, times s.

    Attributes:
        step_width: Nominal lateral distance of the feet.
        duration: Nominal time from touchdown to touchdown.
        stride: Nominal step length that a faster cadence keeps, down to the duration `quickest`; longer ones straighten
            the trailing leg and turn its ankle to its end (0.8 rad) before the next foot has landed.
        min_duration, max_duration: What the legs can do.
        forward, backward: Farthest landing ahead of / behind the stance foot (leg length .88 m and hip range).
        narrow, wide: Lateral landing bounds from the stance foot; narrow keeps 3 cm between the soles' sides.
        tandem: As narrow, of a foot that lands `apart` ahead of or behind the other one.
        apart: Between two soles, one ahead of the other: their length and 6 cm.
        swing_speed: m/s that the foot can reach on average (hip and knee speed limits).
        swing_acceleration: m/s^2 of a minimum-jerk swing at its peak; three quarters of what the swing is clipped to.
        freeze: The target no longer moves in this last time before landing, but for a shove.
        pressure_x, pressure_y: m by which the plan moves the centre of pressure from the sole's centre.
        weight_step, weight_offset, weight_time, weight_pressure: Cost of leaving the nominal step, offset,
            e^{wT}, and z = 0.
    """

    step_width: float = 0.19
    duration: float = 0.55
    stride: float = 0.44
    quickest: float = 0.36
    min_duration: float = 0.20
    max_duration: float = 0.75
    forward: float = 0.65
    backward: float = 0.55
    narrow: float = 0.17
    tandem: float = 0.05
    apart: float = 0.30
    wide: float = 0.70
    swing_speed: float = 3.0
    swing_acceleration: float = 65.0
    freeze: float = 0.06
    pressure_x: float = 0.06
    pressure_y: float = 0.025
    weight_pressure: float = 2.0
    weight_step: float = 1.0
    weight_offset: float = 300.0
    weight_time: float = 0.005


class StepPlan(NamedTuple):
    """Landing point (2,) m in the planner's frame, total step duration s, and the centre of pressure (2,) m from the
    stance sole's centre.
    """

    landing: np.ndarray
    duration: float
    pressure: np.ndarray


def nominal_offset(
    omega: float, duration: float, stride: float, width: float, other_width: float, following: float | None = None
) -> np.ndarray:
    """(2,) m, capture point minus landing foot at landing in the periodic gait, y towards the landing foot's side.

    Args:
        omega: 1/s, pendulum eigenfrequency.
        duration: s of a step.
        stride: m forward per step.
        width: m, lateral distance of the feet after this step.
        other_width: m, after the next one; the two differ when walking sideways.
        following: s of the next step, if that is another.
    """
    growth = math.exp(omega * duration)
    other_growth = growth if following is None else math.exp(omega * following)
    return np.array([stride / (growth - 1.0), (width - other_width * growth) / (growth * other_growth - 1.0)])


class StepPlanner:
    """One call a tick; keeps nothing but the last duration, from which the next search starts."""

    def __init__(self, config: StepPlannerConfig):
        self.config = c = config
        self._last_duration = self.nominal = c.duration
        self._pressure = np.array([c.pressure_x, c.pressure_y])
        self._low, self._high = np.array([-c.backward, c.tandem]), np.array([c.forward, c.wide])
        widest = c.wide - c.step_width
        self._hasty = math.sqrt(MINIMUM_JERK_PEAK * widest / c.swing_acceleration)  # s of that step
        self._near = np.array([-0.03, -0.01, 0.0, 0.01, 0.03])  # s about the last choice
        self._far = np.array([0.0, 0.25, 0.5, 1.0])  # of the possible range, so that no better valley is missed

    def plan(
        self,
        capture_point: np.ndarray,
        stance: np.ndarray,
        swing: np.ndarray,
        swing_velocity: np.ndarray,
        swing_sign: float,
        elapsed: float,
        lift_time: float,
        velocity: np.ndarray,
        omega: float,
        foothold: tuple[float, float, float] | None = None,
        hurries: bool = False,
        then_hurries: bool = False,
    ) -> StepPlan:
        """Best landing for the state now; everything on the ground in a frame aligned with the heading.

        Args:
            capture_point: (2,) m.
            stance: (2,) m, the pivot: centre of the stance sole.
            swing, swing_velocity: (2,) m and m/s, the swing sole now.
            swing_sign: +1 when the left foot swings, -1 when the right does.
            elapsed: s since the last touchdown.
            lift_time: s after the touchdown at which the swing foot is free to move.
            velocity: (2,) m/s wanted.
            omega: 1/s.
            foothold: m ahead of the pivot where the foot must land, the stride after that and s of the step; None:
                anywhere, and in its nominal time.
            hurries: The stance leg gives way: land as soon as the legs can.
            then_hurries: The swing leg will: the next step is to be as short.
        """
        c = self.config
        mirror = np.array([1.0, swing_sign])  # y towards the swing side
        self.nominal = duration = self.duration_at(velocity) if foothold is None else foothold[2]
        stride, aside = velocity * mirror * duration
        width = max(c.step_width + aside, c.narrow + max(2.0 * aside, 0.0))  # this and the next differ by two strides
        step = np.array([stride, width])
        following = GIVING_WAY * (c.min_duration + HURRY) if then_hurries else None
        offset = nominal_offset(omega, duration, stride, width, width - 2.0 * aside, following)
        if foothold is not None:
            step[0], following = foothold[:2]
            offset[0] = (following + offset[0]) * math.exp(-omega * duration)
        swings_from = max(elapsed, lift_time)
        braking = BRAKING * max(-swing_sign * float(swing_velocity[1]), 0.0) / c.swing_acceleration  # beside the other
        times = self._times(max(elapsed + 0.02, swings_from + braking), hurries)
        low, high = self._reachable((swing - stance) * mirror, swing_velocity * mirror, times - swings_from)
        if foothold is not None:
            low[:, 0] = high[:, 0] = np.minimum(np.maximum(step[0], low[:, 0]), high[:, 0])
        here = (capture_point - stance) * mirror
        landing, pressure, error = self._solve(here, low, high, step, offset, times - elapsed, omega)
        beside = np.abs(landing[:, 0]) < c.apart
        if (beside & (landing[:, 1] < c.narrow)).any():
            low[beside, 1] = np.maximum(low[beside, 1], c.narrow)
            high[:, 1] = np.maximum(high[:, 1], low[:, 1])
            landing, pressure, error = self._solve(here, low, high, step, offset, times - elapsed, omega)
        early = np.exp(omega * times) - math.exp(omega * duration)
        misses = c.weight_step * (landing - step) ** 2 + c.weight_offset * error**2 + c.weight_pressure * pressure**2
        best = int(np.argmin(c.weight_time * early * early + misses[:, 0] + misses[:, 1]))
        self._last_duration = float(times[best])
        return StepPlan(stance + landing[best] * mirror, self._last_duration, pressure[best] * mirror)

    def prefers_same_foot(
        self, capture_point: np.ndarray, stance: np.ndarray, swing: np.ndarray, swing_sign: float, omega: float
    ) -> bool:
        """Whether the stance foot, which has just landed, had better step again.

        Feet do not cross: towards its side the other foot could only land beside it, and while it does, the capture
        point runs away. Compared is what is out of reach at the landing of the widest step, with this foot now or
        after the other's narrow step: less aside, and no more ahead. Arguments as those of `plan`; both soles are on
        the ground or next to it.
        """
        c, outward = self.config, np.array([1.0, -swing_sign])  # y away from the swing side
        growth = math.exp(omega * self._hasty)
        ahead, aside = (capture_point - stance) * outward
        back, width = (stance - swing) * outward
        if aside <= 0.0:
            return False
        spare = c.pressure_x * (growth - 1.0)  # what the centre of pressure makes good
        later = _beyond(_beyond(ahead * growth, -c.backward, c.forward) * growth, -c.backward, c.forward)
        now = _beyond((ahead + back) * growth, -c.backward, c.forward)
        if abs(now) > abs(later) + spare:
            return False
        later = _beyond((aside * growth + c.narrow) * growth, c.narrow, c.wide)
        return abs(_beyond((aside + width) * growth, c.narrow, c.wide)) < abs(later)

    def missed(
        self, capture_point: np.ndarray, stance: np.ndarray, swing_sign: float, landing_in: float, omega: float
    ) -> float:
        """m by which the capture point is out of reach when the foot in the air and the quickest two after it landed.

        N-step capturability (Koolen et al., "Capturability-based analysis and control of legged locomotion", IJRR
        2012) within the bounds of a landing; arguments as those of `plan`, `landing_in` in s.
        """
        c = self.config
        ahead, aside = (capture_point - stance).tolist()
        aside *= swing_sign
        quickest = math.exp(omega * max(self._hasty, c.min_duration))
        for growth in (math.exp(omega * landing_in), quickest, quickest):
            ahead = _towards(ahead * growth, 0.0, c.pressure_x * (growth - 1.0))
            aside = _towards(aside * growth, c.narrow, c.pressure_y * (growth - 1.0))
            ahead = _beyond(ahead, -c.backward, c.forward)
            aside = -_beyond(aside, c.narrow, c.wide)  # of the foot that has landed, towards the other one
        ahead = _beyond(ahead * quickest, -c.backward, c.forward)
        return math.hypot(ahead, _beyond(aside * quickest, 0.0, c.wide)) / quickest

    def within_bounds(self, landing: np.ndarray) -> np.ndarray:
        """The nearest landing point (2,) m that a leg can reach, from the stance foot, y towards the swing side."""
        low = np.array([self._low[0], self.narrowest(float(landing[0]))])
        return np.minimum(np.maximum(landing, low), self._high)

    def narrowest(self, ahead: float) -> float:
        """m beside the stance foot where a foot `ahead` m of it may be."""
        return self.config.narrow if abs(ahead) < self.config.apart else self.config.tandem

    def duration_at(self, velocity: np.ndarray) -> float:
        """s of a nominal step at `velocity` (2,) m/s."""
        c = self.config
        return min(max(c.stride / max(abs(float(velocity[0])), 1e-3), c.quickest), c.duration)

    @property
    def cadence(self) -> float:
        """Of the nominal step: 0 at the slowest and where a foothold takes longer, 1 at the quickest."""
        c = self.config
        return min(max((c.duration - self.nominal) / (c.duration - c.quickest), 0.0), 1.0)

    def _times(self, earliest: float, hurries: bool) -> np.ndarray:
        """(10,) s, candidates for the step's duration, none before `earliest`."""
        c = self.config
        earliest = max(c.min_duration, earliest)
        latest = max(c.max_duration, earliest) if not hurries else earliest + HURRY
        near = self._last_duration + self._near
        times = np.concatenate((near, earliest + (latest - earliest) * self._far, (self.nominal,)))
        return np.minimum(np.maximum(times, earliest), latest)

    def _reachable(
        self, swing: np.ndarray, velocity: np.ndarray, remaining: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """(k, 2) lowest and highest landing points for (k,) s of swing; minimum jerk."""
        c = self.config
        time = np.maximum(remaining, 0.0)[:, np.newaxis]
        reach = np.minimum(c.swing_speed * time, c.swing_acceleration * time * time / MINIMUM_JERK_PEAK)
        braked = swing + 0.5 * time * velocity  # where it comes to rest with the least acceleration
        low = np.minimum(np.maximum(braked - reach, self._low), self._high)
        high = np.maximum(np.minimum(braked + reach, self._high), low)
        return low, high

    def _solve(
        self,
        capture_point: np.ndarray,
        low: np.ndarray,
        high: np.ndarray,
        step: np.ndarray,
        offset: np.ndarray,
        remaining: np.ndarray,
        omega: float,
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """First centre of pressure, then landing point within (k, 2) bounds, for (k,) remaining times.

        All in m, x and mirrored y from the stance foot; returns landing, pressure, offset error, each (k, 2).
        """
        c = self.config
        growth = np.exp(omega * remaining)[:, np.newaxis]
        free = capture_point * growth
        pressure = clamp((free - step - offset) / np.maximum(growth - 1.0, 0.05), self._pressure)
        at_landing = free - pressure * (growth - 1.0)
        ideal = (c.weight_step * step + c.weight_offset * (at_landing - offset)) / (c.weight_step + c.weight_offset)
        landing = np.minimum(np.maximum(ideal, low), high)
        return landing, pressure, at_landing - landing - offset


def _beyond(place: float, low: float, high: float) -> float:
    """m by which a place is out of reach, signed."""
    return place - min(max(place, low), high)


def _towards(value: float, goal: float, most: float) -> float:
    """`value` moved towards `goal`, by `most` at most."""
    return value + min(max(goal - value, -most), most)
