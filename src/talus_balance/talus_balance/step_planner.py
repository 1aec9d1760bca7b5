# SPDX-License-Identifier: Apache-2.0
"""Where and when the swing foot lands: step location and timing adaptation on the divergent component of motion.

Khadiv, Herzog, Moosavian, Righetti, "Walking control based on step timing adaptation", T-RO 2020: the inverted pendulum
about the stance foot u0 gives the capture point at landing  xi_T = u0 + (xi - u0) e^{w (T - t)};  the step u and the
offset b = xi_T - u shall be near their nominal values. Here the landing time is searched on a grid, all candidates at once:
for each, the best u is closed-form per axis, and constraints that are not convex in T (speed of the swing foot) stay exact.
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
        weight_step, weight_offset, weight_time: Cost of leaving the nominal step, offset and e^{wT}.
    """

    step_width: float = 0.19
    duration: float = 0.45
    min_duration: float = 0.26
    max_duration: float = 0.75
    forward: float = 0.65
    backward: float = 0.55
    narrow: float = 0.14
    wide: float = 0.60
    swing_speed: float = 2.6
    freeze: float = 0.06
    weight_step: float = 1.0
    weight_offset: float = 300.0
    weight_time: float = 0.005
    candidates: int = 24


@dataclass(frozen=True)
class StepPlan:
    """Landing point (2,) m in the planner's frame, total step duration s, and the residual offset error (2,) m."""

    landing: np.ndarray
    duration: float
    offset_error: np.ndarray
    nominal_offset: np.ndarray


def nominal_offset(omega: float, duration: float, stride: np.ndarray, step_width: float, swing_sign: float) -> np.ndarray:
    """(2,) capture point minus landing foot at landing in the periodic gait.

    Args:
        omega: 1/s, pendulum eigenfrequency.
        duration: s of a step.
        stride: (2,) m that the body travels per step.
        step_width: m.
        swing_sign: +1 when the landing foot is the left one.
    """
    growth = math.exp(omega * duration)
    return np.array([stride[0] / (growth - 1.0), -swing_sign * step_width / (growth + 1.0) + stride[1] / (growth - 1.0)])


class StepPlanner:
    """Stateless but for its configuration; one call a tick."""

    def __init__(self, config: StepPlannerConfig):
        self.config = config

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
        times = self._times(elapsed)
        stride = velocity * c.duration
        step = np.array([stride[0], swing_sign * c.step_width + stride[1]])
        offset = nominal_offset(omega, c.duration, stride, c.step_width, swing_sign)
        remaining = times - elapsed
        growth = np.exp(omega * remaining)
        landing_dcm = (capture_point - stance)[:, None] * growth  # (2, k) from the stance foot
        ideal = (c.weight_step * step[:, None] + c.weight_offset * (landing_dcm - offset[:, None])) / (
            c.weight_step + c.weight_offset
        )
        landing = self._bounded(ideal, swing - stance, swing_sign, remaining)
        error = landing_dcm - landing - offset[:, None]
        cost = (
            c.weight_step * np.sum((landing - step[:, None]) ** 2, axis=0)
            + c.weight_offset * np.sum(error**2, axis=0)
            + c.weight_time * (np.exp(omega * times) - math.exp(omega * c.duration)) ** 2
        )
        best = int(np.argmin(cost))
        return StepPlan(stance + landing[:, best], float(times[best]), error[:, best], offset)

    def _times(self, elapsed: float) -> np.ndarray:
        c = self.config
        earliest = max(c.min_duration, elapsed + 0.02)
        return np.linspace(earliest, max(c.max_duration, earliest), c.candidates)

    def _bounded(self, ideal: np.ndarray, swing: np.ndarray, sign: float, remaining: np.ndarray) -> np.ndarray:
        """Clip (2, k) landings to the reachable box and to what the swing foot reaches in the time left."""
        c = self.config
        reach = c.swing_speed * remaining
        low = np.stack([np.maximum(-c.backward, swing[0] - reach), np.maximum(c.narrow, sign * swing[1] - reach)])
        high = np.stack([np.minimum(c.forward, swing[0] + reach), np.minimum(c.wide, sign * swing[1] + reach)])
        out = np.stack([ideal[0], sign * ideal[1]])
        out = np.clip(out, np.minimum(low, high), high)
        out[1] = np.maximum(sign * sign * out[1], c.narrow)
        out[1] *= sign
        return out
