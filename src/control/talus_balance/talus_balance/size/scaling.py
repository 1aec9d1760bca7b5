# SPDX-License-Identifier: Apache-2.0
"""Scales the controller's gains and bounds of talus40 to another robot."""

from __future__ import annotations

from collections.abc import Mapping

from talus_core.robot import RobotDescription
from talus_dynamics.proportions import Proportions, proportions
from talus_estimation.estimator import EstimatorConfig
from talus_estimation.ground_plane import GroundConfig
from talus_estimation.sole_trust import SoleTrustConfig

from talus_balance.balance_types import BalanceConfig
from talus_balance.falling.fall_predictor import FallPredictorConfig
from talus_balance.falling.off_feet import OffFeetConfig
from talus_balance.size.dimensions import (
    ANKLE_LACK,
    BODY_WEIGHT,
    FOOT_LENGTH,
    FOOT_LENGTH_AND_LACK,
    FOOT_WIDTH,
    GAP_OF_SOLES,
    HIP_WIDTH,
    LEG_LENGTH,
    LEG_LENGTH_SQUARED,
    LIFT,
    SAME,
    SPEED,
    SWING_ACCELERATION,
    SWING_JERK,
    SWING_SPEED,
    TIME,
    Dimension,
    SizeRatio,
    size_config,
)
from talus_balance.stepping.footholds import FootholdConfig
from talus_balance.stepping.gait_types import (
    GaitConfig,
    PressureConfig,
    StandingConfig,
    TouchdownConfig,
    WalkCommandConfig,
)
from talus_balance.stepping.step_planner import (
    LandingBounds,
    PlannerWeights,
    StepPlanner,
    StepPlannerConfig,
)
from talus_balance.stepping.swing_foot import SwingConfig

TALUS40_SIZE = Proportions(
    mass=57.0,
    height=0.9094,
    leg=0.8,
    hips=0.18,
    foot_length=0.24,
    foot_width=0.11,
    ankle_lack=0.02693,
    swing=86.46,
    foot_speed=11.2,
    lift=62.95,
)  # measured by `proportions` on talus40, the robot that the controller's defaults belong to


def _same(*names: str) -> dict[str, Dimension]:
    """Return, by name, the dimension of fields that every robot shares."""
    return dict.fromkeys(names, SAME)


def _all(dimension: Dimension, *names: str) -> dict[str, Dimension]:
    """Return, by name, one dimension for several fields."""
    return dict.fromkeys(names, dimension)


_PRESSURE = {
    **_same("dcm_gain", "stand_gain"),
    "zmp_x": FOOT_LENGTH,
    "zmp_y": FOOT_WIDTH,
    "pivot_x": ANKLE_LACK,
}
_STANDING = {
    "margin_x": FOOT_LENGTH,
    "settle_offset": FOOT_LENGTH_AND_LACK,
    "margin_y": FOOT_WIDTH,
    "settle_offset_y": HIP_WIDTH,
    "settle_speed": SPEED,
}
_GAIT = {
    **_same("put_back"),
    **_all(TIME, "double_time", "max_shift"),
    "hasty_depth": LEG_LENGTH,
}
_LANDING_BOUNDS = {
    **_all(LEG_LENGTH, "forward", "backward", "wide"),
    "apart": FOOT_LENGTH,
    "tandem": FOOT_WIDTH,
    "narrow": GAP_OF_SOLES,
}
_PLANNER_WEIGHTS = {
    **_same("step", "offset", "pressure"),
    "time": LEG_LENGTH_SQUARED,  # the term is weighed against squares of lengths
}
_PLANNER = {
    **_all(TIME, "duration", "quickest", "min_duration", "max_duration", "freeze"),
    "stride": LEG_LENGTH,
    "pressure_x": FOOT_LENGTH,
    "pressure_y": FOOT_WIDTH,
    "step_width": HIP_WIDTH,
    "swing_speed": SWING_SPEED,
    "swing_acceleration": SWING_ACCELERATION,
}
_SWING = {
    **_same("hurry", "hasty"),  # ordinary steps of all sizes ask for the same acceleration
    "max_lift": LIFT,
    **_all(LEG_LENGTH, "clearance", "max_lowering", "retreat", "near"),
    **_all(SWING_ACCELERATION, "max_acceleration", "sagittal"),
    **_all(TIME, "rise_time", "least_swing"),
    "lowering": SPEED,
    "max_jerk": SWING_JERK,
}
_PREDICTOR = {
    **_same("lean", "tilt", "sink", "lasting"),
    **_all(LEG_LENGTH, "reach", "missed"),
    "horizon": TIME,
}
_OFF_FEET = {
    **_same("flat_cosine", "protects", "straight_cosine"),
    **_all(LEG_LENGTH, "take_over_margin", "lost_distance"),
    "settle": TIME,
}
_FOOTHOLD = _same(
    "shift", "overhang", "room", "flat", "step", "highest", "duration"
)  # measures of the stairs, not of the robot
_ESTIMATOR = dict.fromkeys(
    vars(EstimatorConfig()), SAME
)  # noise of sensors, which does not depend on the body
DIMENSIONS: Mapping[type, Mapping[str, Dimension]] = {
    BalanceConfig: _same("off_feet_cosine", "hand_stiffness", "hand_damping"),
    EstimatorConfig: _ESTIMATOR,
    FallPredictorConfig: _PREDICTOR,
    FootholdConfig: _FOOTHOLD,
    GaitConfig: _GAIT,
    GroundConfig: {**_same("tilt_share", "steepest"), "tilt_filter": TIME, "telling": LEG_LENGTH},
    LandingBounds: _LANDING_BOUNDS,
    OffFeetConfig: _OFF_FEET,
    PlannerWeights: _PLANNER_WEIGHTS,
    PressureConfig: _PRESSURE,
    SoleTrustConfig: dict.fromkeys(vars(SoleTrustConfig()), SAME),
    StandingConfig: _STANDING,
    StepPlannerConfig: _PLANNER,
    SwingConfig: _SWING,
    TouchdownConfig: {"force": BODY_WEIGHT, **_same("ticks", "phase")},
    WalkCommandConfig: _same("max_acceleration", "heading_lead", "off_course"),
}  # dimensions of fields that do not declare theirs


def config_for(description: RobotDescription) -> BalanceConfig:
    """Return the default configuration for this robot."""
    return scaled(BalanceConfig(), proportions(description))


def slow_legs(config: BalanceConfig, ahead: float, aside: float) -> str:
    """Say how fast the robot walks, if its legs allow less than these speeds, m/s; else nothing."""
    double = config.gait.double_time
    planner = StepPlanner(config.gait.planner)
    said = [
        f"walks {way} at {fastest:.2f} m/s at most, not {most:.2f}: its {why}"
        for way, fastest, most, why in (
            ("ahead", planner.fastest(double), ahead, "hips swing the legs no faster"),
            ("aside", planner.fastest_aside(double), aside, "legs reach no wider in a step"),
        )
        if fastest < most
    ]
    return "; ".join(said)


def scaled(config: BalanceConfig, robot: Proportions) -> BalanceConfig:
    """Return `config`, which is for talus40, for a robot of these proportions."""
    return size_config(config, SizeRatio.between(robot, TALUS40_SIZE), DIMENSIONS)
