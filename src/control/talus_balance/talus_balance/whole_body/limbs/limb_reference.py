# SPDX-License-Identifier: Apache-2.0
"""Makes the references of hands and eyes: limbs follow their targets, or go home without one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from talus_core.motion.limb_targets import Limb, LimbFrame, LimbPriority, LimbTarget
from talus_core.robot import RobotDescription
from talus_core.rotations import cross, matrix_from_yaw
from talus_dynamics.arm_reach import ARM_GROUPS, ArmReach
from talus_dynamics.model_frames import HAND_FRAMES
from talus_dynamics.robot_dynamics import BASE, WholeBodyModel
from talus_estimation.estimator import BaseEstimate

from talus_balance.whole_body.limbs.gaze_path import GazeAngles, GazePath, GazeRange
from talus_balance.whole_body.limbs.hand_path import HandGoal, HandPath, HandPathConfig
from talus_balance.whole_body.motion_target import GazeReference, HandReference

HAND_LIMBS = (Limb.LEFT_HAND, Limb.RIGHT_HAND)
WEIGHT_OF_PRIORITY = {
    LimbPriority.LOW: 0.1,  # yields to the trunk, whose weights are 4 and 2
    LimbPriority.NORMAL: 1.0,
    LimbPriority.HIGH: 4.0,  # the trunk bends for it; a weight of 40 is far below the soles' 1000
}


def limbs_of(description: RobotDescription) -> tuple[Limb, ...]:
    """Return the limbs of a robot that can have a target."""
    frames = zip(HAND_LIMBS, HAND_FRAMES, strict=True)
    return (*(limb for limb, frame in frames if frame in description.frames), Limb.GAZE)


@dataclass(frozen=True)
class LimbConfig:
    """Configures how limbs travel to their targets and back."""

    hand_path: HandPathConfig = field(default_factory=HandPathConfig)
    gaze: GazeRange = field(default_factory=GazeRange)


class LimbWish(NamedTuple):
    """Holds what others ask of the limbs.

    Attributes:
        targets: Targets that are fresh, at most one for each limb.
        is_restricted: Whether hands travel slowly, at R1 and above.
    """

    targets: tuple[LimbTarget, ...] = ()
    is_restricted: bool = False

    def of(self, limb: Limb) -> LimbTarget | None:
        """Return the target of one limb."""
        for target in self.targets:
            if target.limb is limb:
                return target
        return None


class LimbMotion(NamedTuple):
    """Holds a tick's references, and the posture (joints,), rad, with arms on their way home."""

    hands: tuple[HandReference | None, HandReference | None]
    gaze: GazeReference | None
    posture: np.ndarray


class HandReferences:
    """Makes the references of one hand; without a target its arm glides back to the posture."""

    def __init__(self, model: WholeBodyModel, config: HandPathConfig, dt: float, side: int):
        self._model = model
        self._config = config
        self._dt = dt
        self._frame = model.frames.hands[side]
        self._reach = None if self._frame is None else ArmReach(model, side, self._frame)
        self._arm = model.joints_of(ARM_GROUPS[side]) if self._reach else np.zeros(0, dtype=bool)
        self._path: HandPath | None = None
        self._offset: np.ndarray | None = None  # (arm joints,) rad left when the way home began
        self._since = 0.0  # s on the way home

    def follow(
        self, target: LimbTarget | None, base: BaseEstimate, is_restricted: bool
    ) -> HandReference | None:
        """Return the reference on the way to `target`; None where there is none."""
        if target is None or self._frame is None or self._reach is None:
            return None
        if self._path is None:
            self._path = HandPath(self._config, self._dt, self._model.frame(self._frame))
            self._offset = None
        goal = goal_in_odom(target, base)
        goal = HandGoal(self._reach.within(goal.position), goal.rotation, goal.velocity)
        return self._path.chase(
            goal, is_restricted, target.stiffness, WEIGHT_OF_PRIORITY[target.priority]
        )

    def relax(self, posture: np.ndarray) -> np.ndarray:
        """Return the `posture` (joints,), rad, with an arm that is on its way there."""
        if self._path is not None:
            model = self._model
            joints = model.joint_position[model.v_index - BASE]
            self._offset = joints[self._arm] - posture[self._arm]
            self._since = 0.0
            self._path = None
        if self._offset is None:
            return posture
        self._since += self._dt
        done = self._since / self._config.return_time
        if done >= 1.0:
            self._offset = None
            return posture
        left = 1.0 - done**3 * (10.0 - 15.0 * done + 6.0 * done * done)
        relaxed = posture.copy()
        relaxed[self._arm] += left * self._offset
        return relaxed


def goal_in_odom(target: LimbTarget, base: BaseEstimate) -> HandGoal:
    """Return where a target is and how it moves in odom, in whichever frame it was given."""
    if target.frame is LimbFrame.ODOM:
        return HandGoal(target.position, target.rotation, target.velocity)
    lever = base.rotation @ target.position
    turning = base.rotation @ base.angular_velocity
    velocity = np.concatenate(
        (
            base.velocity + cross(turning, lever) + base.rotation @ target.velocity[:3],
            turning + base.rotation @ target.velocity[3:],
        )
    )
    return HandGoal(base.position + lever, base.rotation @ target.rotation, velocity)


class GazeReferences:
    """Makes the references of the eyes; without a target they first come back home."""

    def __init__(self, model: WholeBodyModel, gaze: GazeRange, dt: float):
        self._model = model
        self._range = gaze
        self._dt = dt
        self._path: GazePath | None = None

    def follow(
        self, target: LimbTarget | None, base: BaseEstimate, heading: float, home: GazeAngles
    ) -> GazeReference | None:
        """Return the reference on the way to `target`, or back to `home`; `heading` is in rad."""
        if target is None:
            angles = None if self._path is None else self._path.turn_back(home)
            if angles is None:
                self._path = None
                return None
            return GazeReference(matrix_from_yaw(heading) @ angles.direction())
        turned = matrix_from_yaw(heading)
        if self._path is None:
            self._path = GazePath(self._range, self._dt, home)
        eyes = self._model.frame(self._model.frames.gaze).position
        angles = self._path.turn_to(turned.T @ (goal_in_odom(target, base).position - eyes))
        return GazeReference(
            turned @ angles.direction(), target.stiffness, WEIGHT_OF_PRIORITY[target.priority]
        )


class LimbReference:
    """Keeps the references of all limbs that can have a target."""

    def __init__(self, model: WholeBodyModel, config: LimbConfig, dt: float):
        self._hands = (
            HandReferences(model, config.hand_path, dt, side=0),
            HandReferences(model, config.hand_path, dt, side=1),
        )
        self._gaze = GazeReferences(model, config.gaze, dt)

    def step_limbs(
        self,
        wish: LimbWish,
        base: BaseEstimate,
        heading: float,
        home: GazeAngles,
        posture: np.ndarray,
    ) -> LimbMotion:
        """Return the references of this tick; the model must be updated before.

        Args:
            wish: What others ask of the limbs.
            base: Where the base is.
            heading: Heading of the gait in odom, rad.
            home: Where the eyes look without a target.
            posture: (joints,) angles to which arms without a target go, rad.
        """
        hands: list[HandReference | None] = []
        for limb, hand in zip(HAND_LIMBS, self._hands, strict=True):
            reference = hand.follow(wish.of(limb), base, wish.is_restricted)
            if reference is None:
                posture = hand.relax(posture)
            hands.append(reference)
        gaze = self._gaze.follow(wish.of(Limb.GAZE), base, heading, home)
        left, right = hands
        return LimbMotion((left, right), gaze, posture)
