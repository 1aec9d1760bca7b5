# SPDX-License-Identifier: Apache-2.0
"""From a wanted motion of centre of mass, trunk and feet to joint torques: fills the task stack and solves the QP."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from talus_core.rotations import matrix_from_yaw

from talus_balance.model import BASE, FrameTerms, WholeBodyModel
from talus_balance.swing_foot import FootReference
from talus_balance.tasks import Gains, TaskStack, orientation_acceleration
from talus_balance.whole_body_qp import QpConfig, QpResult, WholeBodyQp


@dataclass(frozen=True)
class WholeBodyConfig:
    """Weights and gains of the tasks, from the walking study's table (weights relative, gains 1/s^2 and 1/s).

    Attributes:
        com_horizontal: Weight only; its acceleration comes from the centre of pressure.
        com_height, pelvis, chest, swing_position, swing_rotation, posture: As named.
        contact: A sole that carries: keep it where it is, acc = -kd velocity.
        momentum: Damping of the angular momentum about the centre of mass, acc = -kd L.
        posture_leg_weight: Weight of the posture for leg joints, which the other tasks already determine.
    """

    com_horizontal: Gains = Gains(20.0)
    com_height: Gains = Gains(30.0, 60.0, 14.0)
    pelvis: Gains = Gains(4.0, 60.0, 14.0)
    chest: Gains = Gains(2.0, 60.0, 14.0)
    momentum: Gains = Gains(0.003, 0.0, 4.0)
    contact: Gains = Gains(1000.0, 0.0, 20.0)
    swing_position: Gains = Gains(60.0, 350.0, 35.0)
    swing_rotation: Gains = Gains(60.0, 250.0, 28.0)
    posture: Gains = Gains(0.3, 60.0, 12.0)
    posture_leg_weight: float = 0.03
    qp: QpConfig = field(default_factory=QpConfig)


@dataclass(frozen=True)
class MotionTarget:
    """What the body shall do this tick; world = odom.

    Attributes:
        com_acceleration: (2,) m/s^2 horizontal.
        com_height: m; com_vertical_speed: m/s; com_vertical_acceleration: m/s^2 feed-forward.
        pelvis, chest: (3, 3) wanted rotations to the world.
        posture: (joints,) rad, structural joints in Talus's order.
        in_contact: Which soles carry.
        max_force: (2,) N.
        swing: Reference of the foot in the air, per side, or None.
    """

    com_acceleration: np.ndarray
    com_height: float
    com_vertical_speed: float
    com_vertical_acceleration: float
    pelvis: np.ndarray
    chest: np.ndarray
    posture: np.ndarray
    in_contact: tuple[bool, bool]
    max_force: np.ndarray
    swing: tuple[FootReference | None, FootReference | None]


class WholeBodyController:
    """Stateless but for the solver's warm start."""

    def __init__(self, model: WholeBodyModel, config: WholeBodyConfig):
        self.model = model
        self.config = config
        self.qp = WholeBodyQp(model, config.qp)
        self._stack = TaskStack(model.nv)
        self._diagonal = self._posture_weights()

    def _posture_weights(self) -> np.ndarray:
        description, model = self.model.description, self.model
        names = [description.joint_names[i] for i in description.structural_indices]
        legs = {*description.groups["left_leg"], *description.groups["right_leg"]}
        weights = [self.config.posture_leg_weight if name in legs else self.config.posture.weight for name in names]
        diagonal = np.zeros(model.nv)
        diagonal[model.v_index] = weights
        return diagonal

    def step(
        self,
        target: MotionTarget,
        soles: tuple[FrameTerms, FrameTerms],
        joint_position: np.ndarray,
        joint_velocity: np.ndarray,
    ) -> QpResult:
        """Solve one tick; `model.update` was called, `soles` are its terms; joints structural in Talus's order."""
        self._stack.clear()
        self._add_centroidal(target)
        self._add_trunk(target)
        for side in (0, 1):
            self._add_sole(target, side, soles[side])
        jacobian, wanted = self._stack.rows()
        gains = self.config.posture
        posture = np.zeros(self.model.nv)
        posture[self.model.v_index] = gains.kp * (target.posture - joint_position) - gains.kd * joint_velocity
        return self.qp.solve(jacobian, wanted, self._diagonal, posture, target.max_force)

    def _add_centroidal(self, target: MotionTarget) -> None:
        model, c = self.model, self.config
        jacobian = model.momentum_matrix[:3] / model.mass
        drift = model.momentum_drift[:3] / model.mass
        self._stack.add(c.com_horizontal.weight, jacobian[:2], target.com_acceleration, drift[:2])
        up = (
            target.com_vertical_acceleration
            + c.com_height.kp * (target.com_height - model.com[2])
            + c.com_height.kd * (target.com_vertical_speed - model.com_velocity[2])
        )
        self._stack.add(c.com_height.weight, jacobian[2:], np.array([up]), drift[2:])
        self._stack.add(
            c.momentum.weight, model.momentum_matrix[3:], -c.momentum.kd * model.momentum[3:], model.momentum_drift[3:]
        )

    def _add_trunk(self, target: MotionTarget) -> None:
        c = self.config
        pairs = ((self.model.base, target.pelvis, c.pelvis), (self.model.torso, target.chest, c.chest))
        for frame, desired, gains in pairs:
            terms = self.model.frame(frame)
            wanted = orientation_acceleration(terms.rotation, terms.velocity[3:], desired, gains)
            self._stack.add(gains.weight, terms.jacobian[3:], wanted, terms.drift[3:])

    def _add_sole(self, target: MotionTarget, side: int, sole: FrameTerms) -> None:
        c = self.config
        if target.in_contact[side]:
            self._stack.add(c.contact.weight, sole.jacobian, -c.contact.kd * sole.velocity, sole.drift)
            return
        reference = target.swing[side]
        gains = c.swing_position
        linear = (
            reference.acceleration
            + gains.kp * (reference.position - sole.position)
            + gains.kd * (reference.velocity - sole.velocity[:3])
        )
        self._stack.add(gains.weight, sole.jacobian[:3], linear, sole.drift[:3])
        desired = matrix_from_yaw(reference.yaw)
        turn = orientation_acceleration(sole.rotation, sole.velocity[3:], desired, c.swing_rotation)
        self._stack.add(c.swing_rotation.weight, sole.jacobian[3:], turn, sole.drift[3:])

    def joint_torque(self, result: QpResult) -> np.ndarray:
        """(joints,) N m in Talus's structural order."""
        return result.torque[self.model.v_index - BASE]

    def joint_acceleration(self, result: QpResult) -> np.ndarray:
        """(joints,) rad/s^2 in Talus's structural order."""
        return result.acceleration[self.model.v_index]
