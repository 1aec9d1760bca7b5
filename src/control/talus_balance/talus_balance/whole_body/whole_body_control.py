# SPDX-License-Identifier: Apache-2.0
"""Turns a wanted motion into joint torques: lists of tasks and limits, solved at each tick."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from talus_dynamics.robot_dynamics import BASE, FrameTerms, WholeBodyModel

from talus_balance.whole_body.limits.contact_cones import ContactCones, ContactConfig
from talus_balance.whole_body.limits.dead_drives import DeadDrives
from talus_balance.whole_body.limits.floating_base import FloatingBase
from talus_balance.whole_body.limits.joint_range import JointRange, JointRangeConfig
from talus_balance.whole_body.limits.limit import SoleLoads
from talus_balance.whole_body.limits.torque_limit import TorqueConfig, TorqueLimit
from talus_balance.whole_body.motion_target import MotionTarget
from talus_balance.whole_body.quadratic_program import QpResult, RegularisationConfig, WholeBodyQp
from talus_balance.whole_body.tasks.foot_task import FeetGains, FootTask
from talus_balance.whole_body.tasks.gaze_task import GazeGains, GazeTask
from talus_balance.whole_body.tasks.hand_pose_task import HandPoseGains, HandPoseTask
from talus_balance.whole_body.tasks.momentum_task import MomentumGains, MomentumTask
from talus_balance.whole_body.tasks.posture_task import PostureGains, PostureTask
from talus_balance.whole_body.tasks.task import BodyTick
from talus_balance.whole_body.tasks.task_stack import TaskStack
from talus_balance.whole_body.tasks.trunk_task import TrunkGains, TrunkTask

# Share of gravity with which soles may push the body up beyond what its height asks for.
SPARE_LIFT_G = 0.1


@dataclass(frozen=True)
class LimitConfig:
    """Configures the limits, and the terms that keep their problem strictly convex."""

    contact: ContactConfig = field(default_factory=ContactConfig)
    joint_range: JointRangeConfig = field(default_factory=JointRangeConfig)
    torque: TorqueConfig = field(default_factory=TorqueConfig)
    regularisation: RegularisationConfig = field(default_factory=RegularisationConfig)


@dataclass(frozen=True)
class WholeBodyConfig:
    """Configures weights and gains of each task, and the limits; weights are relative."""

    momentum: MomentumGains = field(default_factory=MomentumGains)
    trunk: TrunkGains = field(default_factory=TrunkGains)
    feet: FeetGains = field(default_factory=FeetGains)
    posture: PostureGains = field(default_factory=PostureGains)
    hand_pose: HandPoseGains = field(default_factory=HandPoseGains)
    gaze: GazeGains = field(default_factory=GazeGains)
    limits: LimitConfig = field(default_factory=LimitConfig)


def body_qp(
    model: WholeBodyModel, config: LimitConfig, torque: TorqueLimit, joint_range: JointRange
) -> WholeBodyQp:
    """Return the problem with all limits of the body, in the order of their rows."""
    limits = (FloatingBase(model), ContactCones(model, config.contact), joint_range)
    return WholeBodyQp(model, config.regularisation, limits, torque)


class WholeBodyController:
    """Solves each tick; it keeps only the solver's last torques and what drives give.

    Attributes:
        qp: Quadratic program of each tick.
    """

    def __init__(self, model: WholeBodyModel, config: WholeBodyConfig):
        self._model = model
        torque = TorqueLimit(model, config.limits.torque)
        self._joint_range = JointRange(model, config.limits.joint_range)
        self.qp = body_qp(model, config.limits, torque, self._joint_range)
        self._dead_drives = DeadDrives(model, torque)
        self._momentum = MomentumTask(model, config.momentum)
        tasks = (
            self._momentum,
            TrunkTask(model, config.trunk),
            FootTask(model, config.feet, side=0),
            FootTask(model, config.feet, side=1),
            HandPoseTask(model, config.hand_pose, side=0),
            HandPoseTask(model, config.hand_pose, side=1),
            GazeTask(model, config.gaze),
        )
        self._tasks = TaskStack(tasks, model.nv)
        self._joints = model.v_index - BASE  # places of Talus's joints in pinocchio's order
        self._posture = PostureTask(model, config.posture, held=config.feet.contact)

    def do_without(self, limp: np.ndarray, held: np.ndarray) -> None:
        """Plan no torque of the drives `limp` (joints,) from now on, in Talus's order.

        Those that are `held` (joints,) stay where they are while their leg is in the air; under
        weight they would turn.
        """
        self._dead_drives.do_without(limp, held)

    def solve_tick(
        self,
        target: MotionTarget,
        soles: tuple[FrameTerms, FrameTerms],
        joint_position: np.ndarray,
        joint_velocity: np.ndarray,
    ) -> QpResult:
        """Solve one tick; the model must be updated before.

        Args:
            target: What the body must do.
            soles: Terms of the left and the right sole.
            joint_position: (joints,) angles of the structural joints in Talus's order, rad.
            joint_velocity: (joints,) speeds of these joints, rad/s.
        """
        tick = BodyTick(
            target=target,
            soles=soles,
            joint_position=joint_position,
            joint_velocity=joint_velocity,
            lift=self._momentum.lift(target),
            held=self._dead_drives.held_in_the_air(target.in_contact),
        )
        left, right = target.hands
        self._joint_range.reaching = (left is not None, right is not None)
        jacobian, wanted = self._tasks.weighted_rows(tick)
        return self.qp.solve(jacobian, wanted, self._posture.cost(tick), self._loads(tick))

    def _loads(self, tick: BodyTick) -> SoleLoads:
        """Return what the soles may be asked for, so that no foot's motion causes a jump."""
        gravity = self._model.gravity
        most = self._model.mass * (gravity + max(tick.lift, SPARE_LIFT_G * gravity))
        return SoleLoads.of(tick.target, most)

    def joint_torque(self, result: QpResult) -> np.ndarray:
        """Return the torques (joints,), N m, in Talus's structural order."""
        return result.torque[self._joints]

    def joint_acceleration(self, result: QpResult) -> np.ndarray:
        """Return the accelerations (joints,), rad/s^2, in Talus's structural order."""
        return result.acceleration[self._model.v_index]
