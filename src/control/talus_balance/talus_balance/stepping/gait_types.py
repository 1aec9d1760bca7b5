# SPDX-License-Identifier: Apache-2.0
"""What the gait is configured with, what it reads and what it says each tick."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

import numpy as np

from talus_balance.stepping.footholds import FootholdConfig
from talus_balance.stepping.step_planner import StepPlannerConfig
from talus_balance.stepping.swing_foot import FootReference, SwingConfig

LEFT, RIGHT = 0, 1
STILL = 1e-3  # m/s and rad/s, up to which a commanded velocity means to stand


class Phase(Enum):
    """What the feet do."""

    STAND = "stand"  # both soles carry, no step wanted
    SHIFT = "shift"  # both carry; the capture point moves over the coming stance foot
    DOUBLE = "double"  # just landed: load moves from the old stance foot to the new one
    SINGLE = "single"  # one sole carries, the other swings


@dataclass(frozen=True)
class GaitConfig:
    """Gains and thresholds; parents in the comments.

    Attributes:
        dcm_gain: Share of the planned centre of pressure that is used now; > 1 corrects early in the step.
        stand_gain: The same on two feet.
        zmp_x, zmp_y: m, clip of the centre of pressure about the stance sole's centre.
        double_time: s over which load moves after a touchdown.
        touchdown_force: N on the sole for touchdown_ticks in a row that ends a swing (three sigma of the sensor);
             touchdown_phase: not before this part of it.
        stand_margin_x, stand_margin_y: m inside the support edge at which a standing robot starts to step.
        settle_offset, settle_offset_y, settle_speed: m, m and m/s of the capture point and the body below which
            stepping in place ends in standing.
        max_acceleration: m/s^2 (x, y) and rad/s^2 by which the commanded velocity follows cmd_vel.
        pivot_x: m from the sole's centre to the planned pivot; behind it, so that the ankle's torque limit
            (80 N m, ankle 5 cm behind the centre) leaves the same authority forward as the heel does backward.
        heading_lead: rad by which the heading may be ahead of the foot that stands: what hips turn in a step.
        off_course: rad up to which the robot turns back after a slip or a shove turned it.
        hasty_depth: m below the expected ground at which the fastest step aims, so that it is not late.
        put_back: s after lift-off in which a foot may go back to where it stood: it is 1 cm up by then.
        max_shift: s, longest wait for the weight shift before the first step.
    """

    dcm_gain: float = 1.3
    stand_gain: float = 2.5
    zmp_x: float = 0.105
    zmp_y: float = 0.042
    double_time: float = 0.05
    touchdown_force: float = 25.0
    touchdown_ticks: int = 2
    touchdown_phase: float = 0.55
    stand_margin_x: float = 0.015
    stand_margin_y: float = 0.03
    settle_offset: float = 0.07
    settle_offset_y: float = 0.10
    settle_speed: float = 0.3
    max_acceleration: tuple[float, float, float] = (0.5, 0.3, 1.0)
    max_shift: float = 0.6
    pivot_x: float = -0.02
    heading_lead: float = 0.35
    off_course: float = 1.0
    hasty_depth: float = 0.03
    put_back: float = 0.05
    planner: StepPlannerConfig = field(default_factory=StepPlannerConfig)
    foothold: FootholdConfig = field(default_factory=FootholdConfig)
    swing: SwingConfig = field(default_factory=SwingConfig)


class GaitInput(NamedTuple):
    """What the gait needs to know each tick; world = odom.

    Attributes:
        com, com_velocity: (3,) m, m/s.
        capture_point: (2,) m.
        omega: 1/s; weight: N.
        sole_positions: (2, 3) m.
        sole_velocities: (2, 3) m/s.
        sole_yaws: (2,) rad.
        gradient: (2,) rise over run of the ground.
        forces: (2,) N vertical force on each sole.
        side_forces: (2, 2) N horizontal force on each sole.
        slips: Which soles slide under load.
        lame: Which legs cannot carry for long.
        velocity: (3,) wanted vx, vy m/s and wz rad/s in the heading frame.
        may_walk: False: finish the step and stand.
        may_step: False: no catch step either (while folding or unfolding).
    """

    com: np.ndarray
    com_velocity: np.ndarray
    capture_point: np.ndarray
    omega: float
    weight: float
    sole_positions: np.ndarray
    sole_velocities: np.ndarray
    sole_yaws: np.ndarray
    gradient: np.ndarray
    forces: np.ndarray
    side_forces: np.ndarray
    slips: tuple[bool, bool]
    lame: tuple[bool, bool]
    velocity: np.ndarray
    may_walk: bool
    may_step: bool


class GaitOutput(NamedTuple):
    """What the whole-body controller shall do.

    Centre of pressure (2,) m, contacts, load limits N, swing reference; a point (3,) m on the ground that carries;
    which foot lands next, where (2,) m, in how many s, and at what height m if that was seen.
    """

    centre_of_pressure: np.ndarray
    in_contact: tuple[bool, bool]
    max_force: np.ndarray
    swing_side: int | None
    swing: FootReference | None
    heading: float
    ground: np.ndarray
    phase: Phase
    landing: np.ndarray | None
    landing_side: int | None = None
    landing_in: float = 0.0
    landing_height: float | None = None
