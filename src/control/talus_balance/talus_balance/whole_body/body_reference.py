# SPDX-License-Identifier: Apache-2.0
"""What trunk, centre of mass and feet shall do at this tick: from gait, ground and posture to a `MotionTarget`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pinocchio as pin

from talus_balance.clamp import clamp
from talus_balance.estimation.estimator import BaseEstimate
from talus_balance.estimation.ground_plane import GroundConfig, GroundPlane
from talus_balance.model.leg_reach import LegReach
from talus_balance.model.posture import PoseFacts, PostureMove, PostureReference, pitch_of, pose_facts
from talus_balance.model.robot_dynamics import FrameTerms, WholeBodyModel
from talus_balance.stepping.gait_types import LEFT, RIGHT, GaitInput, GaitOutput
from talus_balance.whole_body.com_height import ComHeight, HeightReference
from talus_balance.whole_body.whole_body_control import MotionTarget

REACH_EVERY = 4  # ticks; in 8 ms the body moves by 1 cm
SWINGS = 0.5  # of the sole's motion that the leg's centre of mass, half-way to the hip, shares
STOPS_IN = 0.2  # s in which a change of posture comes to rest where it is, or goes on: a tenth of a whole one
LOWEST_COM = 0.3  # m over the ground: what a pendulum's frequency is still computed for


@dataclass(frozen=True)
class BodyReferenceConfig:
    """How the body moves.

    Attributes:
        stand_up_time, sit_down_time: s of the posture changes; a person takes 1.5 to 3 s.
        max_com_acceleration: Horizontal, clip of w^2 (c - zmp), as a share of gravity: what friction gives.
        max_lift: m of height error that is acted upon at a time: a step up or down is no jump.
        ground: How it follows the ground.
    """

    stand_up_time: float = 2.2
    sit_down_time: float = 2.4
    max_com_acceleration: float = 0.61
    max_lift: float = 0.06
    ground: GroundConfig = field(default_factory=GroundConfig)


class BodyReference:
    """Keeps the posture change under way and the ground.

    Attributes:
        ground: Under the robot.
        wanted_height: m of the centre of mass over the ground, as it should be now.
        may_move: A change of posture goes on; else it stops where it is.
        stiff: Legs that cannot be stretched.
    """

    def __init__(self, model: WholeBodyModel, config: BodyReferenceConfig, dt: float, double_time: float):
        """`double_time`: s for which a foot carries on after the other has landed."""
        self._model, self._config, self._dt, self._double_time = model, config, dt, double_time
        description = model.description
        joints = description.structural_indices
        self._poses = {name: pose_facts(model, pose[joints]) for name, pose in description.poses.items()}
        self._reach = LegReach(model)
        self._com_height = ComHeight(dt)
        self._highest: float | None = None  # m in odom that the legs reach; None while the posture changes
        self._ticks = 0
        self._move: PostureMove | None = None
        self._pace, self.may_move = 1.0, True
        self.stiff = (False, False)
        self.ground = GroundPlane(config.ground, dt)
        self.wanted_height = 0.0

    @property
    def has_arrived(self) -> bool:
        """The posture change is done."""
        return self._move.is_done

    @property
    def com_height(self) -> float:
        """m over the ground, as it is."""
        return max(float(self._model.com[2]) - self.ground.height, LOWEST_COM)

    def stand_up(self, base: BaseEstimate, joints: np.ndarray) -> None:
        """From the joints (n,) rad to the pose `stand`."""
        self._begin("stand", self._config.stand_up_time, base, joints)

    def sit_down(self, base: BaseEstimate, joints: np.ndarray) -> None:
        """From the joints (n,) rad to the pose `sit`."""
        self._begin("sit", self._config.sit_down_time, base, joints)

    def _begin(self, pose: str, duration: float, base: BaseEstimate, joints: np.ndarray) -> None:
        height, chest = float(self._model.com[2]) - self.ground.height, self._model.frame(self._model.torso).rotation
        start = PoseFacts(height, pitch_of(base.rotation), pitch_of(chest), joints.copy())
        self._move = PostureMove(start, self._poses[pose], duration)

    def step(
        self,
        gaze: tuple[float, float],
        gait: GaitOutput,
        inp: GaitInput,
        base: BaseEstimate,
        soles: Sequence[FrameTerms],
        settled: bool,
        friction: np.ndarray,
    ) -> MotionTarget:
        """The target of this tick.

        Args:
            gaze: (yaw, pitch) rad of the chest relative to the heading.
            gait: Of this tick.
            inp: What the gait knew.
            base: Where it is.
            soles: Left and right.
            settled: No posture change is under way.
            friction: (2,) Coulomb coefficients per axis of the soles.
        """
        posture = self._posture(settled)
        ground = self.ground
        self._com_height.ground_rises(ground.follow(gait.ground, inp.com, inp.com_velocity))
        if not settled:
            self._highest = None
        elif self._highest is None or self._ticks % REACH_EVERY == 0:
            self._highest = self._highest_com(base, soles, gait, inp)
        self._ticks += 1
        height = self._height(posture, settled, gait.landing_in)
        self.wanted_height = height.height
        lift = self._config.max_lift
        com_height = float(inp.com[2]) + min(max(ground.height + height.height - float(inp.com[2]), -lift), lift)
        limit = self._config.max_com_acceleration * self._model.gravity
        acceleration = inp.omega**2 * (inp.com[:2] - gait.centre_of_pressure)
        if gait.swing is not None and gait.swing.is_hasty:
            leg = SWINGS * self._model.leg_mass / self._model.mass
            acceleration = acceleration + leg * gait.swing.acceleration[:2]  # the rest of the body is the pendulum
        yaw, pitch = gaze
        return MotionTarget(
            com_acceleration=clamp(acceleration, limit),
            com_height=com_height,
            com_vertical_speed=height.speed + ground.climb(inp.com_velocity),
            com_vertical_acceleration=height.acceleration,
            pelvis=pin.rpy.rpyToMatrix(0.0, posture.pelvis_pitch, gait.heading),
            chest=pin.rpy.rpyToMatrix(0.0, posture.chest_pitch + pitch, gait.heading + yaw),
            posture=posture.joints,
            in_contact=gait.in_contact,
            max_force=gait.max_force,
            friction=friction,
            swing=tuple(gait.swing if gait.swing_side == side else None for side in (LEFT, RIGHT)),
        )

    def _posture(self, settled: bool) -> PostureReference:
        change = self._dt / STOPS_IN
        self._pace = min(max(float(self.may_move), self._pace - change), self._pace + change)
        if not settled:
            return self._move.step(self._dt, self._pace)
        stand = self._poses["stand"]
        return PostureReference(stand.com_height, 0.0, 0.0, stand.pelvis_pitch, stand.chest_pitch, stand.joints)

    def _height(self, posture: PostureReference, settled: bool, landing_in: float) -> HeightReference:
        """Of the CoM over the ground: along the path between the postures, else as high as the legs will reach."""
        if settled:
            return self._com_height.step(
                min(posture.com_height, self._highest - self.ground.height), landing_in, self._model.gravity
            )
        self._com_height.reset(posture.com_height)
        return HeightReference(posture.com_height, posture.com_speed, posture.com_acceleration)

    def _highest_com(self, base: BaseEstimate, soles: Sequence[FrameTerms], gait: GaitOutput, inp: GaitInput) -> float:
        """Height of the CoM in odom beyond which a leg would be too short, at the landing that comes."""
        lands = self._travel(gait, inp, gait.landing_in)
        lifts = self._travel(gait, inp, gait.landing_in + self._double_time)
        feet = []
        for side, sole in enumerate(inp.sole_positions):
            if side == gait.landing_side:
                height = sole[2] if gait.landing_height is None else gait.landing_height
                feet.append(np.array([*(gait.landing - lands - base.position[:2]), height]))
            else:
                height = sole[2] if gait.swing_side != side else gait.swing.position[2]
                feet.append(np.array([*(sole[:2] - lifts - base.position[:2]), height]))
        return self._reach.highest_base(base, soles, feet, self.stiff) + float(inp.com[2] - base.position[2])

    def _travel(self, gait: GaitOutput, inp: GaitInput, time: float) -> np.ndarray:
        """(2,) m that the inverted pendulum moves in `time` s."""
        grows = math.exp(inp.omega * time)
        cosh, sinh = 0.5 * (grows + 1.0 / grows), 0.5 * (grows - 1.0 / grows)
        return (cosh - 1.0) * (inp.com[:2] - gait.centre_of_pressure) + sinh / inp.omega * inp.com_velocity[:2]
