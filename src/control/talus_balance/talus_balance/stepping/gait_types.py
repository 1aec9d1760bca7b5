# SPDX-License-Identifier: Apache-2.0
"""What the gait is configured with, what it reads and what it says each tick."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

import numpy as np
from talus_core.footsteps import Footstep

from talus_balance.stepping.footholds import FootholdConfig
from talus_balance.stepping.step_planner import StepPlannerConfig
from talus_balance.stepping.step_state import Refusal
from talus_balance.stepping.swing_foot import FootReference, SwingConfig

LEFT = 0
RIGHT = 1
STILL_COMMAND_MPS = 1e-3  # m/s and rad/s, up to which a commanded velocity means to stand
# Load that no sole reaches, as a multiple of the weight.
FULL_LOAD_WEIGHTS = 3.0


class GaitPhase(Enum):
    """What the feet do."""

    STAND = "stand"  # both soles carry, no step wanted
    SHIFT = "shift"  # both carry; the capture point moves over the coming stance foot
    DOUBLE = "double"  # just landed: load moves from the old stance foot to the new one
    SINGLE = "single"  # one sole carries, the other swings


def swing_sign(stance: int) -> float:
    """Return +1 where the left foot swings, -1 where the right does."""
    return 1.0 if stance == RIGHT else -1.0


@dataclass(frozen=True)
class PressureConfig:
    """Where the centre of pressure goes.

    Attributes:
        dcm_gain: Share of the planned centre of pressure that is used now; > 1 corrects early.
        stand_gain: Gain on the capture point's distance from the feet's centre on two feet.
        zmp_x, zmp_y: m, clip of the centre of pressure about the stance sole's centre.
        pivot_x: m from the sole's centre to the planned pivot; behind it, so that the ankle's
            torque limit (80 N m, ankle 5 cm behind the centre) leaves the same authority forward
            as the heel does backward.
    """

    dcm_gain: float = 1.3
    stand_gain: float = 2.5
    zmp_x: float = 0.105
    zmp_y: float = 0.042
    pivot_x: float = -0.02


@dataclass(frozen=True)
class StandingConfig:
    """When a robot that stands begins to step, and when one that steps may stand.

    Attributes:
        margin_x, margin_y: m inside the support edge at which a standing robot starts to step.
        settle_offset, settle_offset_y: m of the capture point from the feet's centre, below which
            stepping in place ends in standing.
        settle_speed: m/s of the body, below which it does.
    """

    margin_x: float = 0.015
    margin_y: float = 0.03
    settle_offset: float = 0.07
    settle_offset_y: float = 0.10
    settle_speed: float = 0.3


@dataclass(frozen=True)
class WalkCommandConfig:
    """How the gait follows a commanded velocity.

    Attributes:
        max_acceleration: m/s^2 (x, y) and rad/s^2 by which the velocity follows cmd_vel.
        heading_lead: rad by which the heading may be ahead of the foot that stands: what hips
            turn in a step.
        off_course: rad up to which the robot turns back after a slip or a shove turned it.
    """

    max_acceleration: tuple[float, float, float] = (0.5, 0.3, 1.0)
    heading_lead: float = 0.35
    off_course: float = 1.0


@dataclass(frozen=True)
class TouchdownConfig:
    """How a foot in the air feels that it has met something.

    Attributes:
        force: N on the sole that count (three sigma of the sensor).
        ticks: In a row for which they must be felt.
        phase: Share of the swing before which no touchdown ends it.
    """

    force: float = 25.0
    ticks: int = 2
    phase: float = 0.55


@dataclass(frozen=True)
class GaitConfig:
    """Gains and thresholds of the gait; parents in the comments.

    Attributes:
        double_time: s over which load moves after a touchdown.
        max_shift: s, longest wait for the weight shift before the first step.
        hasty_depth: m below the expected ground at which the fastest step aims, so that it is not
            late.
        put_back: s after lift-off in which a foot may go back to where it stood: it is 1 cm up by
            then.
    """

    double_time: float = 0.05
    max_shift: float = 0.6
    hasty_depth: float = 0.03
    put_back: float = 0.05
    pressure: PressureConfig = field(default_factory=PressureConfig)
    standing: StandingConfig = field(default_factory=StandingConfig)
    command: WalkCommandConfig = field(default_factory=WalkCommandConfig)
    touchdown: TouchdownConfig = field(default_factory=TouchdownConfig)
    planner: StepPlannerConfig = field(default_factory=StepPlannerConfig)
    foothold: FootholdConfig = field(default_factory=FootholdConfig)
    swing: SwingConfig = field(default_factory=SwingConfig)


class GaitWish(NamedTuple):
    """What others ask of the gait.

    Attributes:
        velocity: (3,) vx, vy m/s and wz rad/s in the heading frame.
        may_walk: False: finish the step and stand.
        may_step: False: no catch step either (while folding or unfolding).
        footsteps: Proposed places of the next landings; they stand in for the velocity.
    """

    velocity: np.ndarray
    may_walk: bool
    may_step: bool
    footsteps: tuple[Footstep, ...] = ()

    @property
    def wants_to_walk(self) -> bool:
        """Whether the robot shall walk and may."""
        return self.may_walk and bool(np.any(np.abs(self.velocity) > STILL_COMMAND_MPS))


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
        wish: What others ask for.
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
    wish: GaitWish

    @property
    def centre(self) -> np.ndarray:
        """(2,) m, half-way between the soles."""
        return 0.5 * (self.sole_positions[LEFT, :2] + self.sole_positions[RIGHT, :2])

    @property
    def full_loads(self) -> np.ndarray:
        """(2,) N that no sole reaches."""
        return np.full(2, FULL_LOAD_WEIGHTS * self.weight)


class GaitOutput(NamedTuple):
    """What the whole-body controller shall do; world = odom.

    Attributes:
        centre_of_pressure: (2,) m.
        in_contact: Which soles carry, left and right.
        max_force: (2,) N, load limits of the soles.
        swing_side: Foot in the air; None on two feet.
        swing: Reference of that foot.
        heading: rad.
        ground: (3,) m, a point of the ground that carries.
        phase: What the feet do.
        landing: (2,) m where the next foot lands; None where no step is planned.
        landing_side: Foot that lands there.
        landing_in: s until then.
        landing_height: m, height of the ground there; None where it was not seen.
        refusal: Why the next footstep that was proposed is not taken; None: it is, or none was.
    """

    centre_of_pressure: np.ndarray
    in_contact: tuple[bool, bool]
    max_force: np.ndarray
    swing_side: int | None
    swing: FootReference | None
    heading: float
    ground: np.ndarray
    phase: GaitPhase
    landing: np.ndarray | None
    landing_side: int | None = None
    landing_in: float = 0.0
    landing_height: float | None = None
    refusal: Refusal | None = None
