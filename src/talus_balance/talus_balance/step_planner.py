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

import numpy as np


@dataclass(frozen=True)
class StepPlannerConfig:
    """Gait and its bounds; lengths m, times s.

    Attributes:
        step_width: Nominal lateral distance of the feet.
        duration: Nominal time from touchdown to touchdown.
        min_duration, max_duration: What the legs can do.
        forward, backward: Farthest landing ahead of / behind the stance foot (leg length .88 m and hip range).
        narrow, wide: Lateral landing bounds from the stance foot; narrow keeps 3 cm between the soles.
        swing_speed: m/s that the foot can reach on average (hip and knee speed limits).
        freeze: The target no longer moves in this last time before landing.
        pressure_x, pressure_y: m by which the plan moves the centre of pressure from the sole's centre.
        weight_step, weight_offset, weight_time, weight_pressure: Cost of leaving the nominal step, offset,
            e^{wT}, and z = 0.
    """

    step_width: float = 0.19
    duration: float = 0.55
    min_duration: float = 0.26
    max_duration: float = 0.75
    forward: float = 0.65
    backward: float = 0.55
    narrow: float = 0.14
    wide: float = 0.60
    swing_speed: float = 2.6
    freeze: float = 0.06
    pressure_x: float = 0.06
    pressure_y: float = 0.025
    weight_pressure: float = 2.0
    weight_step: float = 1.0
    weight_offset: float = 300.0
    weight_time: float = 0.005


@dataclass(frozen=True)
class StepPlan:
    """Landing point (2,) m in the planner's frame, total step duration s, and the centre of pressure (2,) m from the
    stance sole's centre.
    """

    landing: np.ndarray
    duration: float
    pressure: np.ndarray


def nominal_offset(
    omega: float, duration: float, stride: np.ndarray, step_width: float, swing_sign: float
) -> np.ndarray:
    """(2,) capture point minus landing foot at landing in the periodic gait.

    Args:
        omega: 1/s, pendulum eigenfrequency.
        duration: s of a step.
        stride: (2,) m that the body travels per step.
        step_width: m.
        swing_sign: +1 when the landing foot is the left one.
    """
    growth = math.exp(omega * duration)
    return np.array(
        [stride[0] / (growth - 1.0), -swing_sign * step_width / (growth + 1.0) + stride[1] / (growth - 1.0)]
    )


class StepPlanner:
    """One call a tick; keeps nothing but the last duration, from which the next search starts."""

    def __init__(self, config: StepPlannerConfig):
        self.config = config
        self._last_duration = config.duration

    def plan(
        self,
        capture_point: np.ndarray,
        stance: np.ndarray,
        swing: np.ndarray,
        swing_sign: float,
        elapsed: float,
        velocity: np.ndarray,
        omega: float,
    ) -> StepPlan:
        """Best landing for the state now; everything on the ground in a frame aligned with the heading.

        Args:
            capture_point: (2,) m.
            stance: (2,) m, the pivot: centre of the stance sole.
            swing: (2,) m, the swing sole now.
            swing_sign: +1 when the left foot swings, -1 when the right does.
            elapsed: s since the last touchdown.
            velocity: (2,) m/s wanted.
            omega: 1/s.
        """
        c = self.config
        stride = velocity * c.duration
        offset = nominal_offset(omega, c.duration, stride, c.step_width, swing_sign)
        axes = (
            _Axis(
                *(float(v) for v in (capture_point[0] - stance[0], swing[0] - stance[0], stride[0], offset[0])),
                c.pressure_x,
            ),
            _Axis(
                swing_sign * float(capture_point[1] - stance[1]),
                swing_sign * float(swing[1] - stance[1]),
                c.step_width + swing_sign * float(stride[1]),
                swing_sign * float(offset[1]),
                c.pressure_y,
            ),
        )
        best = min((self._evaluate(axes, t, elapsed, omega) for t in self._times(elapsed)), key=lambda e: e[0])
        _, duration, (x, y) = best
        self._last_duration = duration
        pressure = np.array([x[1], swing_sign * y[1]])
        return StepPlan(stance + np.array([x[0], swing_sign * y[0]]), duration, pressure)

    def _times(self, elapsed: float) -> list[float]:
        """Candidates: around the last choice, and a coarse sweep so that no better valley is missed."""
        c = self.config
        earliest = max(c.min_duration, elapsed + 0.02)
        latest = max(c.max_duration, earliest)
        last = self._last_duration
        near = [last - 0.03, last - 0.01, last, last + 0.01, last + 0.03, c.duration]
        far = [earliest, 0.75 * earliest + 0.25 * latest, 0.5 * (earliest + latest), latest]
        return [min(max(t, earliest), latest) for t in near + far]

    def _evaluate(self, axes: tuple[_Axis, _Axis], duration: float, elapsed: float, omega: float) -> tuple:
        """Cost of a duration, with (landing, pressure, offset error) per axis; y is mirrored to the swing side."""
        c = self.config
        remaining = duration - elapsed
        growth = math.exp(omega * remaining)
        reach = c.swing_speed * remaining
        x = self._solve_axis(axes[0], growth, reach, -c.backward, c.forward)
        y = self._solve_axis(axes[1], growth, reach, c.narrow, c.wide)
        time = math.exp(omega * duration) - math.exp(omega * c.duration)
        cost = c.weight_time * time * time
        for axis, (landing, pressure, error) in zip(axes, (x, y), strict=True):
            cost += (
                c.weight_step * (landing - axis.step) ** 2
                + c.weight_offset * error**2
                + c.weight_pressure * pressure**2
            )
        return cost, duration, (x, y)

    def _solve_axis(
        self, axis: _Axis, growth: float, reach: float, low: float, high: float
    ) -> tuple[float, float, float]:
        """First centre of pressure, then landing point, within bounds: (landing, pressure, offset error) m."""
        c = self.config
        free = axis.capture_point * growth
        wanted = (free - axis.step - axis.offset) / max(growth - 1.0, 0.05)
        pressure = min(max(wanted, -axis.pressure), axis.pressure)
        at_landing = free - pressure * (growth - 1.0)
        ideal = (c.weight_step * axis.step + c.weight_offset * (at_landing - axis.offset)) / (
            c.weight_step + c.weight_offset
        )
        landing = min(max(ideal, low, axis.swing - reach), high, axis.swing + reach)
        landing = max(landing, low)
        return landing, pressure, at_landing - landing - axis.offset


@dataclass(frozen=True)
class _Axis:
    """One axis from the stance foot, m: capture point, swing foot, nominal step and offset, limit of the pressure."""

    capture_point: float
    swing: float
    step: float
    offset: float
    pressure: float
