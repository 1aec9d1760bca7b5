# SPDX-License-Identifier: Apache-2.0
"""Makes the body's target at each tick: gait, ground and posture become a `MotionTarget`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from talus_core.clamp import clamp
from talus_dynamics.pose_facts import PoseFacts, pitch_of
from talus_dynamics.robot_dynamics import FrameTerms, WholeBodyModel
from talus_dynamics.rotation_vectors import rotation_from_rpy
from talus_estimation.estimator import BaseEstimate
from talus_estimation.ground_plane import GroundConfig, GroundPlane

from talus_balance.size.dimensions import LEG_LENGTH, SAME, TIME, sized
from talus_balance.stepping.gait_types import LEFT, RIGHT, GaitInput, GaitOutput
from talus_balance.whole_body.com_height import HeightReference
from talus_balance.whole_body.height_plan import HeightPlan
from talus_balance.whole_body.limbs.gaze_path import GazeAngles
from talus_balance.whole_body.limbs.limb_reference import LimbConfig, LimbReference, LimbWish
from talus_balance.whole_body.motion_target import MotionTarget
from talus_balance.whole_body.posture_course import PostureCourse
from talus_balance.whole_body.posture_move import PostureReference

# share of the sole's motion: the leg's centre of mass is half-way to the hip
SWING_LEG_MOTION_SHARE = 0.5


@dataclass(frozen=True)
class BodyReferenceConfig:
    """Configures how the body moves.

    Attributes:
        stand_up_time, sit_down_time: Durations of the posture changes, s; a person takes 1.5 to
            3 s.
        max_com_acceleration: Largest horizontal acceleration w^2 (c - zmp), as a share of gravity:
            what friction gives.
        lowest_com: Height of the centre of mass over the ground, m, down to which the pendulum's
            frequency is computed.
        max_lift: Largest height error that is acted upon at a time, m, so that a step up or down
            causes no jump.
        ground: How the body follows the ground.
        limbs: How hands and eyes go to their targets.
    """

    stand_up_time: float = sized(2.2, TIME)
    sit_down_time: float = sized(2.4, TIME)
    max_com_acceleration: float = sized(0.61, SAME)
    lowest_com: float = sized(0.3, LEG_LENGTH)
    max_lift: float = sized(0.06, LEG_LENGTH)
    ground: GroundConfig = field(default_factory=GroundConfig)
    limbs: LimbConfig = field(default_factory=LimbConfig)


class BodyWish(NamedTuple):
    """Holds what others ask of trunk and limbs.

    Attributes:
        gaze: Yaw and pitch of the chest relative to the heading, rad.
        limbs: Targets of hands and eyes; they are followed only on the feet, and not while the
            posture changes.
    """

    gaze: tuple[float, float] = (0.0, 0.0)
    limbs: LimbWish = LimbWish()


class BodyReference:
    """Keeps the posture change under way, the height, the ground and the ways of the limbs.

    Attributes:
        ground: Ground plane under the robot.
        wanted_height: Height of the centre of mass over the ground, as it should be now, m.
        may_move: Whether a change of posture goes on; if not, it stops where it is.
        stiff: Which legs cannot be stretched.
    """

    def __init__(
        self, model: WholeBodyModel, config: BodyReferenceConfig, dt: float, double_time: float
    ):
        """Take the `double_time` for which a foot carries on after the other has landed, s."""
        self._model = model
        self._config = config
        self._posture = PostureCourse(model, dt)
        self._height = HeightPlan(model, dt, double_time)
        self._limbs = LimbReference(model, config.limbs, dt)
        self.ground = GroundPlane(config.ground, dt)
        self.wanted_height = 0.0
        self.may_move = True
        self.stiff = (False, False)

    @property
    def has_arrived(self) -> bool:
        """Tell whether the posture change is done."""
        return self._posture.has_arrived

    @property
    def com_height(self) -> float:
        """Return the height of the centre of mass over the ground as it is, m."""
        return max(float(self._model.com[2]) - self.ground.height, self._config.lowest_com)

    def stand_up(self, base: BaseEstimate, joints: np.ndarray) -> None:
        """Go from the `joints` (n,), rad, to the pose `stand`."""
        self._posture.begin_move("stand", self._config.stand_up_time, self._as_is(base, joints))

    def sit_down(self, base: BaseEstimate, joints: np.ndarray) -> None:
        """Go from the `joints` (n,), rad, to the pose `sit`."""
        self._posture.begin_move("sit", self._config.sit_down_time, self._as_is(base, joints))

    def _as_is(self, base: BaseEstimate, joints: np.ndarray) -> PoseFacts:
        """Return the posture that the body has now."""
        height = float(self._model.com[2]) - self.ground.height
        chest = self._model.frame(self._model.torso).rotation
        return PoseFacts(height, pitch_of(base.rotation), pitch_of(chest), joints.copy())

    def step_reference(
        self,
        wish: BodyWish,
        gait: GaitOutput,
        gait_input: GaitInput,
        base: BaseEstimate,
        soles: Sequence[FrameTerms],
        settled: bool,
        friction: np.ndarray,
    ) -> MotionTarget:
        """Return the target of this tick.

        Args:
            wish: What others ask of trunk and limbs.
            gait: Output of the gait in this tick.
            gait_input: Input of the gait in this tick.
            base: Where the base is.
            soles: Terms of the left and the right sole.
            settled: Whether no posture change is under way.
            friction: (2,) Coulomb coefficients per axis of the soles.
        """
        posture = self._posture.advance(settled, self.may_move)
        height = self._lead_height(posture, gait, gait_input, base, soles, settled)
        self.wanted_height = height.height
        yaw, pitch = wish.gaze
        limbs = self._limbs.step_limbs(
            wish=wish.limbs if settled else LimbWish(),
            base=base,
            heading=gait.heading,
            home=GazeAngles(yaw, posture.chest_pitch + pitch),
            posture=posture.joints,
        )
        return MotionTarget(
            com_acceleration=self._horizontal_acceleration(gait, gait_input),
            com_height=self._next_height(float(gait_input.com[2]), height),
            com_vertical_speed=height.speed + self.ground.climb(gait_input.com_velocity),
            com_vertical_acceleration=height.acceleration,
            pelvis=rotation_from_rpy(0.0, posture.pelvis_pitch, gait.heading),
            chest=rotation_from_rpy(0.0, posture.chest_pitch + pitch, gait.heading + yaw),
            posture=limbs.posture,
            in_contact=gait.in_contact,
            max_force=gait.max_force,
            friction=friction,
            swing=(
                gait.swing if gait.swing_side == LEFT else None,
                gait.swing if gait.swing_side == RIGHT else None,
            ),
            hands=limbs.hands,
            gaze=limbs.gaze,
        )

    def _lead_height(
        self,
        posture: PostureReference,
        gait: GaitOutput,
        gait_input: GaitInput,
        base: BaseEstimate,
        soles: Sequence[FrameTerms],
        settled: bool,
    ) -> HeightReference:
        """Return this tick's height over the ground, once the ground has been followed."""
        ground = self.ground
        self._height.ground_rises(
            ground.follow(gait.ground, gait_input.com, gait_input.com_velocity)
        )
        if not settled:
            return self._height.follow_posture(posture)
        return self._height.stay_within_reach(
            wanted=posture.com_height,
            ground=ground.height,
            gait=gait,
            gait_input=gait_input,
            base=base,
            soles=soles,
            stiff=self.stiff,
        )

    def _next_height(self, now: float, height: HeightReference) -> float:
        """Return the next height in odom, m, no farther from `now`, m, than `max_lift`."""
        lift = self._config.max_lift
        return now + min(max(self.ground.height + height.height - now, -lift), lift)

    def _horizontal_acceleration(self, gait: GaitOutput, gait_input: GaitInput) -> np.ndarray:
        """Return the acceleration (2,), m/s^2, with which the body falls away from the pressure."""
        limit = self._config.max_com_acceleration * self._model.gravity
        acceleration = gait_input.omega**2 * (gait_input.com[:2] - gait.centre_of_pressure)
        if gait.swing is not None and gait.swing.is_hasty:
            # The pendulum is the rest of the body without the swinging leg.
            leg = SWING_LEG_MOTION_SHARE * self._model.leg_mass / self._model.mass
            acceleration = acceleration + leg * gait.swing.acceleration[:2]
        return clamp(acceleration, limit)
