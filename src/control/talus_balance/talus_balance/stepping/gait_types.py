# SPDX-License-Identifier: Apache-2.0
"""Defines the gait's configuration, its input and its output of each tick."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

import numpy as np
from talus_core.motion.footsteps import Footstep

from talus_balance.size.dimensions import HIP_WIDTH, LEG_LENGTH, SPEED, TIME, sized
from talus_balance.stepping.footholds import FootholdConfig
from talus_balance.stepping.step_planner import StepPlannerConfig
from talus_balance.stepping.step_state import Refusal
from talus_balance.stepping.swing_foot import FootReference, SwingConfig

LEFT = 0
RIGHT = 1
STANDING_COMMAND_MPS = 1e-3  # m/s, and rad/s, up to which a commanded velocity means to stand
# Load that no sole ever bears, as a multiple of the weight.
FULL_LOAD_WEIGHTS = 3.0


class GaitPhase(Enum):
    """Names what the feet do."""

    STAND = "stand"  # both soles carry, and no step is wanted
    SHIFT = "shift"  # both carry; the capture point moves over the coming stance foot
    DOUBLE = "double"  # a foot has just landed: load moves to it from the old stance foot
    SINGLE = "single"  # one sole carries, the other foot swings


def swing_sign(stance: int) -> float:
    """Return +1 where the left foot swings, -1 where the right foot does."""
    return 1.0 if stance == RIGHT else -1.0


@dataclass(frozen=True)
class PressureConfig:
    """Configures where the centre of pressure goes.

    Attributes:
        dcm_gain: Share of the planned centre of pressure that is used now; above 1 corrects early.
        stand_gain: Gain on the capture point's distance from the feet's centre on two feet.
        zmp_x, zmp_y: Largest distance of the centre of pressure from the stance sole's centre, m.
        pivot_x: Distance of the planned pivot from the sole's centre, m; behind it, so that the
            ankle's torque limit (80 N m, ankle 5 cm behind the centre) leaves the same authority
            forward as the heel does backward.
    """

    dcm_gain: float = 1.3
    stand_gain: float = 2.5
    zmp_x: float = 0.105
    zmp_y: float = 0.042
    pivot_x: float = -0.02


@dataclass(frozen=True)
class StandingConfig:
    """Configures when a standing robot begins to step, and when a stepping robot may stand.

    Attributes:
        margin_x, margin_y: Distance inside the support's edge at which a standing robot starts to
            step, m.
        settle_offset, settle_offset_y: Distance of the capture point from the feet's centre, below
            which stepping in place ends in standing, m.
        settle_speed: Speed of the body below which it does, m/s.
    """

    margin_x: float = 0.015
    margin_y: float = 0.03
    settle_offset: float = 0.07
    settle_offset_y: float = 0.10
    settle_speed: float = 0.3


@dataclass(frozen=True)
class WalkCommandConfig:
    """Configures how the gait follows a commanded velocity.

    Attributes:
        max_acceleration: Rate at which the velocity follows cmd_vel, m/s^2 (x, y) and rad/s^2.
        heading_lead: Angle by which the heading may be ahead of the foot that stands, rad: what
            the hips turn in one step.
        off_course: Angle up to which the robot turns back after a slip or a shove turned it, rad.
    """

    max_acceleration: tuple[float, float, float] = (0.5, 0.3, 1.0)
    heading_lead: float = 0.35
    off_course: float = 1.0


@dataclass(frozen=True)
class TouchdownConfig:
    """Configures how a foot in the air feels that it has met something.

    Attributes:
        force: Force on the sole that counts, N: three standard deviations of the sensor, whose
            range, and noise with it, goes with the weight.
        ticks: Number of ticks in a row for which it must be felt.
        phase: Share of the swing before which no touchdown ends it.
    """

    force: float = 25.0
    ticks: int = 2
    phase: float = 0.55


@dataclass(frozen=True)
class ToleranceConfig:
    """Configures from which size on something counts, and what still counts as none.

    Attributes:
        arrival: Distance from where the periodic gait starts at which the shift ends, m: a fifth of
            the capture point's offset there.
        settled_command: Followed command that has died down, m/s, and rad/s: 3 cm a step.
        settled_apart: Way by which one sole may be ahead of the other, m: an eighth of a step.
        clear_side: Nearer to the feet's centre, m, the capture point's speed tells the side; a
            third of a sole's distance from there.
        turning_lever: Lever by which turning counts as walking sideways, m: about half of the
            nominal step width.
        sideways_slack: A swing foot may pass nearer by this than the narrowest landing, m.
        surprise: Way by which a shove moves the capture point off its course, m; ordinary steps 1
            cm.
        least_swing: Shortest swing of the reference, s: half of the shortest step.
        most_lead: Time by which a touchdown on level ground comes early at most, s: toe or heel 1
            cm low.
        most_trim: Correction of the commanded speed, m/s: what cadence and centre of pressure were
            measured to cost.
        disturbance: Error of speed above which a push, not the gait, is the reason, m/s.
        aside: Speed by which the robot returns to its line, m/s: 4 cm a step, a third of the
            sideways speed that is proven.
        shoved_aside: Way aside in one step, more than two corrections, m: it was a shove, and the
            next step is for balance.
        abandoned: Distance from the line, m, two step widths: a robot that was moved so far is
            meant to be there.
    """

    arrival: float = sized(0.005, LEG_LENGTH)
    settled_command: float = sized(0.05, SPEED)
    settled_apart: float = sized(0.06, LEG_LENGTH)
    clear_side: float = sized(0.03, HIP_WIDTH)
    turning_lever: float = sized(0.1, HIP_WIDTH)
    sideways_slack: float = sized(0.01, LEG_LENGTH)
    surprise: float = sized(0.03, LEG_LENGTH)
    least_swing: float = sized(0.1, TIME)
    most_lead: float = sized(0.03, TIME)
    most_trim: float = sized(0.15, SPEED)
    disturbance: float = sized(0.25, SPEED)
    aside: float = sized(0.08, SPEED)
    shoved_aside: float = sized(0.08, LEG_LENGTH)
    abandoned: float = sized(0.40, LEG_LENGTH)


@dataclass(frozen=True)
class GaitConfig:
    """Configures the gait with gains and thresholds; comments say where they come from.

    Attributes:
        double_time: Time over which load moves after a touchdown, s.
        max_shift: Longest wait for the weight shift before the first step, s.
        hasty_depth: Depth below the expected ground at which the fastest step aims, m, so that it
            is not late.
        put_back: Time after lift-off in which a foot may go back to where it stood, s: by then it
            is 1 cm up.
    """

    double_time: float = 0.05
    max_shift: float = 0.6
    hasty_depth: float = 0.03
    put_back: float = 0.05
    pressure: PressureConfig = field(default_factory=PressureConfig)
    standing: StandingConfig = field(default_factory=StandingConfig)
    command: WalkCommandConfig = field(default_factory=WalkCommandConfig)
    touchdown: TouchdownConfig = field(default_factory=TouchdownConfig)
    tolerance: ToleranceConfig = field(default_factory=ToleranceConfig)
    planner: StepPlannerConfig = field(default_factory=StepPlannerConfig)
    foothold: FootholdConfig = field(default_factory=FootholdConfig)
    swing: SwingConfig = field(default_factory=SwingConfig)


class GaitWish(NamedTuple):
    """Holds what others ask of the gait.

    Attributes:
        velocity: (3,) vx and vy, m/s, and wz, rad/s, in the heading frame.
        may_walk: Whether the robot may walk; if not, it finishes the step and stands.
        may_step: Whether it may take catch steps; not while it folds or unfolds.
        footsteps: Proposed places of the next landings; they replace the velocity.
    """

    velocity: np.ndarray
    may_walk: bool
    may_step: bool
    footsteps: tuple[Footstep, ...] = ()

    @property
    def wants_to_walk(self) -> bool:
        """Tell whether the robot is asked to walk and may."""
        return self.may_walk and bool(np.any(np.abs(self.velocity) > STANDING_COMMAND_MPS))


class GaitInput(NamedTuple):
    """Holds what the gait needs to know each tick; the world is odom.

    Attributes:
        com, com_velocity: (3,) centre of mass, m, and its velocity, m/s.
        capture_point: (2,) capture point, m.
        omega: Natural frequency of the pendulum, rad/s.
        weight: Weight of the body, N.
        sole_positions: (2, 3) positions of the soles, m.
        sole_velocities: (2, 3) velocities of the soles, m/s.
        sole_yaws: (2,) headings of the soles, rad.
        gradient: (2,) rise over run of the ground.
        forces: (2,) vertical force on each sole, N.
        side_forces: (2, 2) horizontal force on each sole, N.
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
        """Return the point half-way between the soles, (2,), m."""
        return 0.5 * (self.sole_positions[LEFT, :2] + self.sole_positions[RIGHT, :2])

    @property
    def full_loads(self) -> np.ndarray:
        """Return loads that no sole ever bears, (2,), N."""
        return np.full(2, FULL_LOAD_WEIGHTS * self.weight)


class GaitOutput(NamedTuple):
    """Holds what the whole-body controller must do; the world is odom.

    Attributes:
        centre_of_pressure: (2,) wanted centre of pressure, m.
        in_contact: Which soles carry, left and right.
        max_force: (2,) load limits of the soles, N.
        swing_side: Foot in the air; None on two feet.
        swing: Reference of that foot.
        heading: Heading of the body, rad.
        ground: (3,) point of the ground that carries, m.
        phase: What the feet do.
        landing: (2,) place where the next foot lands, m; None where no step is planned.
        landing_side: Foot that lands there.
        landing_in: Time until then, s.
        landing_height: Height of the ground there, m; None where it was not seen.
        refusal: Why the next proposed footstep is not taken; None if it is, or none was proposed.
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
