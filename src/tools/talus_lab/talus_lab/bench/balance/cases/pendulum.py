# SPDX-License-Identifier: Apache-2.0
"""Computes what no controller of a linear inverted pendulum with these legs could survive.

It is the ceiling that a push is held to.

Koolen, de Boer, Rebula, Goswami, Pratt, "Capturability-based analysis and control of legged
locomotion, part 1", IJRR 2012, section 5 (finite-sized foot): with steps of length l every T s and
a foot that reaches r, a capture point up to d = r + l / (exp(omega T) - 1) from the stance foot can
be caught in the end; a push moves it by dv / omega. Sideways the feet do not cross: steps alternate
between l = widest and l = -narrowest.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import copysign, cos, exp, radians, sin, sqrt

from talus_balance.size.scaling import TALUS40_SIZE
from talus_core.physics import GRAVITY_MPS2
from talus_dynamics.proportions import Proportions


@dataclass(frozen=True)
class Legs:
    """Holds measures of a robot in its nominal standing posture, m and s; talus40's by default.

    Attributes:
        leg: Hip to ankle, straight.
        hip_height: Hip over the ankle.
        com_height: Centre of mass over the sole.
        hip_half_width: Half the distance of the hips.
        foot_half_length, foot_half_width: Reach of the centre of pressure.
        narrowest: Between the feet's centres: a foot and a finger's breadth.
        step_time: Duration of the fastest step: a leg of this length swung at a hip speed of some
            5 rad/s.
    """

    leg: float = 0.80
    hip_height: float = 0.76
    com_height: float = 0.925
    hip_half_width: float = 0.09
    foot_half_length: float = 0.12
    foot_half_width: float = 0.055
    narrowest: float = 0.13
    step_time: float = 0.25

    @staticmethod
    def of(robot: Proportions) -> Legs:
        """Return the measures of a robot.

        Its height and the bend of its knees follow talus40's by the proportions of both; its
        fastest step takes longer with the square root of the leg, as a pendulum's swing does.
        """
        legs = Legs()
        longer = robot.leg / TALUS40_SIZE.leg
        return Legs(
            leg=legs.leg * longer,
            hip_height=legs.hip_height * longer,
            com_height=legs.com_height * robot.height / TALUS40_SIZE.height,
            hip_half_width=0.5 * robot.hips,
            foot_half_length=0.5 * robot.foot_length,
            foot_half_width=0.5 * robot.foot_width,
            narrowest=robot.foot_width + (legs.narrowest - TALUS40_SIZE.foot_width) * longer,
            step_time=legs.step_time * sqrt(longer),
        )


LEGS_OF_TALUS40 = Legs()


def ceiling(
    heading_deg: float,
    speed: float = 0.0,
    gravity: float = GRAVITY_MPS2,
    legs: Legs = LEGS_OF_TALUS40,
) -> float:
    """Return the largest survivable dv in a direction from the heading, in the best phase, m/s.

    Args:
        heading_deg: Direction of the push, left positive.
        speed: m/s forward; its nominal capture point, speed T / (exp(omega T) - 1), has used up
            its part of the reach.
        gravity: Gravity, m/s^2.
        legs: Measures of the robot.
    """
    omega = sqrt(gravity / legs.com_height)
    decay = exp(-omega * legs.step_time)
    reach = sqrt(legs.leg**2 - legs.hip_height**2)  # of one foot before or beside its hip
    ahead = omega * (legs.foot_half_length + 2.0 * reach * decay / (1.0 - decay))
    ahead -= (
        copysign(speed, cos(radians(heading_deg))) * omega * legs.step_time * decay / (1.0 - decay)
    )
    widest = 2.0 * legs.hip_half_width + 2.0 * reach
    outward = (
        decay * (widest - decay * legs.narrowest) / (1.0 - decay**2)
    )  # from the far foot, outward step first
    aside = omega * (legs.foot_half_width + outward - legs.hip_half_width)
    along = abs(cos(radians(heading_deg)))
    across = abs(sin(radians(heading_deg)))
    return min(ahead / max(along, 1e-9), aside / max(across, 1e-9))
