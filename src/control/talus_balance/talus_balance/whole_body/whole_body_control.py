# SPDX-License-Identifier: Apache-2.0
"""From a wanted motion of centre of mass, trunk and feet to joint torques: writes the task rows, solves the QP."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from talus_balance.model.robot_dynamics import BASE, FrameTerms, WholeBodyModel
from talus_balance.stepping.swing_foot import FootReference
from talus_balance.whole_body.gains import Gains, orientation_acceleration
from talus_balance.whole_body.quadratic_program import QpConfig, QpResult, WholeBodyQp

HELD_SWING = 0.3  # of the root of a swing foot's weights, where its knee is held: else the body goes where it should
SPARE_LIFT = 0.1  # of gravity, with which soles may push the body up when its height asks for less


@dataclass(frozen=True)
class WholeBodyConfig:
    """Weights and gains of the tasks, from the walking study's table (weights relative, gains 1/s^2 and 1/s).

    Attributes:
        com_horizontal: Weight only; its acceleration comes from the centre of pressure.
        com_height, pelvis, chest, posture: As named.
        swing_position: Stiff enough that the drives' friction leaves 2 mm of it, and touchdown comes when planned.
        swing_rotation: Far below the CoM's weights; given up where the ankle ends.
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
    swing_position: Gains = Gains(60.0, 700.0, 50.0)
    swing_rotation: Gains = Gains(3.0, 700.0, 50.0)
    posture: Gains = Gains(0.3, 60.0, 12.0)
    posture_leg_weight: float = 0.03
    qp: QpConfig = field(default_factory=QpConfig)


class MotionTarget(NamedTuple):
    """What the body shall do this tick; world = odom.

    Attributes:
        com_acceleration: (2,) m/s^2 horizontal.
        com_height: m; com_vertical_speed: m/s; com_vertical_acceleration: m/s^2 feed-forward.
        pelvis, chest: (3, 3) wanted rotations to the world.
        posture: (joints,) rad, structural joints in Talus's order.
        in_contact: Which soles carry.
        max_force: (2,) N.
        friction: (2,) Coulomb coefficients per axis.
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
    friction: np.ndarray
    swing: tuple[FootReference | None, FootReference | None]


_MOMENTUM, _PELVIS, _CHEST, _SOLES = slice(0, 6), slice(6, 9), slice(9, 12), (slice(12, 18), slice(18, 24))
_ROWS = 24


class WholeBodyController:
    """Stateless but for the solver's warm start. Each task has its rows: J a + drift shall be an acceleration."""

    def __init__(self, model: WholeBodyModel, config: WholeBodyConfig):
        self.model = model
        self.config = config
        self.qp = WholeBodyQp(model, config.qp)
        self._diagonal = self._posture_weights()
        self._jacobian, self._weighted = np.zeros((2, _ROWS, model.nv))
        self._wanted = np.zeros(_ROWS)  # acceleration minus drift
        self._ankles = [self._ankle_joints(group) for group in ("left_leg", "right_leg")]
        self._legs = [self._columns(group) for group in ("left_leg", "right_leg")]
        self.do_without(*np.zeros((2, len(model.v_index)), dtype=bool))
        self._roots = {(left, right): self._root_weights(left, right) for left in (0, 1) for right in (0, 1)}

    def _posture_weights(self) -> np.ndarray:
        description, model = self.model.description, self.model
        names = [description.joint_names[i] for i in description.structural_indices]
        legs = {*description.groups["left_leg"], *description.groups["right_leg"]}
        weights = [self.config.posture_leg_weight if name in legs else self.config.posture.weight for name in names]
        diagonal = np.zeros(model.nv)
        diagonal[model.v_index] = weights
        return diagonal

    def _columns(self, group: str) -> np.ndarray:
        """(joints,) which structural joints are of that group."""
        return np.isin(self.model.description.structural_indices, self.model.description.indices(group))

    def do_without(self, limp: np.ndarray, held: np.ndarray) -> None:
        """From now on no torque is planned of the drives `limp` (joints,), in Talus's order.

        Those that are `held` stay where they are while their leg is in the air; weight would turn them.
        """
        self._limp, self._held, self._held_now = limp, held, np.zeros(len(limp), dtype=bool)
        self.qp.do_without(limp)

    def _spare_held(
        self, in_contact: tuple[bool, bool], root: np.ndarray, posture: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Weights of tasks and posture with which held joints of a leg in the air stay, and its foot asks for less.

        Writes their acceleration into `posture`.
        """
        held, root, diagonal = np.zeros(len(self._held), dtype=bool), root.copy(), self._diagonal.copy()
        for leg, rows, carries in zip(self._legs, _SOLES, in_contact, strict=True):
            if not carries and (self._held & leg).any():
                held |= self._held & leg
                root[rows] *= HELD_SWING
        if (held != self._held_now).any():
            self._held_now = held
            self.qp.do_without(self._limp & ~held)
        columns, gains = self.model.v_index[held], self.config.contact
        posture[columns], diagonal[columns] = -gains.kd * self.model.velocity[columns], gains.weight
        return root, diagonal

    def _ankle_joints(self, leg: str) -> list[tuple[int, float, float]]:
        """Of the last two joints of a leg: index among the velocities, and limits in rad."""
        description = self.model.description
        joints = description.indices(leg)[-2:]
        columns = [int(self.model.v_index[np.flatnonzero(description.structural_indices == j)[0]]) for j in joints]
        limits = description.limits
        return list(zip(columns, limits.lower[joints].tolist(), limits.upper[joints].tolist(), strict=True))

    def _root_weights(self, *in_contact: bool) -> np.ndarray:
        """(24,) square roots of the tasks' weights; the rows of linear momentum count as the CoM's, mass included."""
        c, mass = self.config, self.model.mass
        weights = np.zeros(_ROWS)
        weights[:3] = np.array([c.com_horizontal.weight, c.com_horizontal.weight, c.com_height.weight]) / mass**2
        weights[3:6] = c.momentum.weight
        weights[_PELVIS], weights[_CHEST] = c.pelvis.weight, c.chest.weight
        swing = np.repeat([c.swing_position.weight, c.swing_rotation.weight], 3)
        for rows, carries in zip(_SOLES, in_contact, strict=True):
            weights[rows] = c.contact.weight if carries else swing
        return np.sqrt(weights)

    def step(
        self,
        target: MotionTarget,
        soles: tuple[FrameTerms, FrameTerms],
        joint_position: np.ndarray,
        joint_velocity: np.ndarray,
    ) -> QpResult:
        """Solve one tick; `model.update` was called, `soles` are its terms; joints structural in Talus's order."""
        lift = self._write_momentum(target)
        self._write_orientation(_PELVIS, self.model.base, target.pelvis, self.config.pelvis)
        self._write_orientation(_CHEST, self.model.torso, target.chest, self.config.chest)
        for side in (0, 1):
            self._write_sole(target, side, soles[side])
        root, diagonal = self._roots[target.in_contact], self._diagonal
        gains = self.config.posture
        posture = np.zeros(self.model.nv)
        posture[self.model.v_index] = gains.kp * (target.posture - joint_position) - gains.kd * joint_velocity
        if self._held.any():
            root, diagonal = self._spare_held(target.in_contact, root, posture)
        np.multiply(self._jacobian, root[:, np.newaxis], out=self._weighted)
        gravity = self.model.gravity
        most = self.model.mass * (gravity + max(lift, SPARE_LIFT * gravity))  # no foot is worth a jump
        max_force = np.minimum(target.max_force, most)
        return self.qp.solve(self._weighted, root * self._wanted, diagonal, posture, max_force, target.friction)

    def _write_momentum(self, target: MotionTarget) -> float:
        """Returns the vertical acceleration of the CoM that is wanted, m/s^2."""
        model, c, wanted = self.model, self.config, self._wanted
        self._jacobian[_MOMENTUM] = model.momentum_matrix
        wanted[:2] = model.mass * target.com_acceleration
        lift = (
            target.com_vertical_acceleration
            + c.com_height.kp * (target.com_height - model.com[2])
            + c.com_height.kd * (target.com_vertical_speed - model.com_velocity[2])
        )
        wanted[2] = model.mass * lift
        wanted[3:6] = -c.momentum.kd * model.momentum[3:]
        wanted[_MOMENTUM] -= model.momentum_drift
        return lift

    def _write_orientation(self, rows: slice, frame: int, desired: np.ndarray, gains: Gains) -> None:
        terms = self.model.frame(frame)
        self._jacobian[rows] = terms.jacobian[3:]
        wanted = orientation_acceleration(terms.rotation, terms.velocity[3:], desired, gains)
        self._wanted[rows] = wanted - terms.drift[3:]

    def _write_sole(self, target: MotionTarget, side: int, sole: FrameTerms) -> None:
        c, rows, wanted = self.config, _SOLES[side], self._wanted[_SOLES[side]]
        self._jacobian[rows] = sole.jacobian
        if target.in_contact[side]:
            np.multiply(sole.velocity, -c.contact.kd, out=wanted)
        else:
            reference, gains = target.swing[side], c.swing_position
            wanted[:3] = (
                reference.acceleration
                + gains.kp * (reference.position - sole.position)
                + gains.kd * (reference.velocity - sole.velocity[:3])
            )
            wanted[3:] = orientation_acceleration(
                sole.rotation, sole.velocity[3:], reference.rotation, c.swing_rotation
            )
            self._yield_to_ankle(side, sole, wanted[3:])
        wanted -= sole.drift

    def _yield_to_ankle(self, side: int, sole: FrameTerms, wanted: np.ndarray) -> None:
        """Take from `wanted` (3,) rad/s^2, in place, what would turn an ankle beyond its range.

        Only the rest of the body could turn that foot further, and it would throw itself up for it. The ankle stops at
        its end with the gains of the task.
        """
        gains, position, velocity = self.config.swing_rotation, self.model.joint_position, self.model.velocity
        for column, lower, upper in self._ankles[side]:
            axis, angle = sole.jacobian[3:, column], float(position[column - BASE])
            braking = -gains.kd * float(velocity[column])
            along = float(axis @ wanted)
            kept = min(max(along, gains.kp * (lower - angle) + braking), gains.kp * (upper - angle) + braking)
            wanted += (kept - along) * axis

    def joint_torque(self, result: QpResult) -> np.ndarray:
        """(joints,) N m in Talus's structural order."""
        return result.torque[self.model.v_index - BASE]

    def joint_acceleration(self, result: QpResult) -> np.ndarray:
        """(joints,) rad/s^2 in Talus's structural order."""
        return result.acceleration[self.model.v_index]
