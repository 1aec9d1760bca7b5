# SPDX-License-Identifier: Apache-2.0
"""The rigid-body model that the controller believes in: kinematics, dynamics and contacts of a tick (pinocchio)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pinocchio as pin
from talus_core.robot import RobotDescription
from talus_core.rotations import skew

_WORLD_ALIGNED = pin.ReferenceFrame.LOCAL_WORLD_ALIGNED
_LOCAL = pin.ReferenceFrame.LOCAL
STANDARD_GRAVITY = 9.80665  # m/s^2 (CGPM 1901), until it is measured
BASE = 6  # degrees of freedom of the floating base; they come first in every velocity


class FrameTerms(NamedTuple):
    """A frame at this tick, in the world's axes (`rotation` maps frame to world).

    Attributes:
        position: (3,) m.
        rotation: (3, 3).
        velocity: (6,) linear m/s then angular rad/s.
        jacobian: (6, nv), same order as `velocity`.
        drift: (6,) acceleration at zero joint acceleration, m/s^2 and rad/s^2.
    """

    position: np.ndarray
    rotation: np.ndarray
    velocity: np.ndarray
    jacobian: np.ndarray
    drift: np.ndarray


class WholeBodyModel:
    """Structural joints on a floating base, hands rigid. Velocities: base linear and angular in base axes, joints.

    Attributes:
        mass: kg, with what it carries.
        leg_mass: kg, of one.
        gravity, weight: m/s^2 and N.
        rotation: (3, 3) base to world, of the last `update`.
        com_in_base: (3,) m, likewise.
    """

    def __init__(self, description: RobotDescription):
        self.description = description
        structural = [description.joint_names[i] for i in description.structural_indices]
        full = pin.buildModelFromUrdf(str(description.urdf), pin.JointModelFreeFlyer())
        locked = [full.getJointId(name) for name in full.names[2:] if name not in structural]
        self.model = pin.buildReducedModel(full, locked, pin.neutral(full))
        self.data = self.model.createData()
        self._kinematics_data = self.model.createData()
        ids = [self.model.getJointId(name) for name in structural]
        self.v_index = np.array([self.model.joints[i].idx_v for i in ids])
        self.q_index = np.array([self.model.joints[i].idx_q for i in ids])
        armature = np.zeros(self.model.nv)
        armature[self.v_index] = description.limits.rotor_inertia[description.structural_indices]
        self.model.armature = armature
        self.nv = self.model.nv
        self._base_body = self.model.inertias[1].copy()
        self._own_mass = self.mass = pin.computeTotalMass(self.model)
        leg = [self.model.getJointId(name) for name in description.groups["left_leg"]]
        self.leg_mass = sum(self.model.inertias[i].mass for i in leg)
        self.set_gravity(STANDARD_GRAVITY)
        self.feet = tuple(self._frame_id(foot.frame) for foot in description.feet)
        self.base = self._frame_id(description.frames["base"])
        self.torso = self._frame_id(description.frames["torso"])
        self.imu = self._frame_id(description.frames["imu"])
        pin.framesForwardKinematics(self.model, self.data, pin.neutral(self.model))
        base = self.data.oMf[self.base]
        self.imu_in_base = base.inverse() * self.data.oMf[self.imu]
        gaze = self.data.oMf[self._frame_id(description.frames["gaze"])]
        self.gaze_in_base = (base.inverse() * gaze).translation.copy()
        self._zero = np.zeros(self.nv)
        self._to_com = np.zeros((6, 6))  # a wrench at the base in base axes to one at the CoM in world axes
        self._q = pin.neutral(self.model)
        self._v = np.zeros(self.nv)
        self._q_level = pin.neutral(self.model)

    def set_gravity(self, gravity: float) -> None:
        """From now on the ground pulls with `gravity` m/s^2."""
        self.gravity, self.weight = gravity, self.mass * gravity
        self.model.gravity.linear = np.array([0.0, 0.0, -gravity])

    def carry(self, mass: float, moment: np.ndarray) -> None:
        """From the next `update` on the base is heavier by `mass` kg, with first moment (3,) kg m about its origin."""
        bare = self._base_body
        total = bare.mass + mass
        self.model.inertias[1] = pin.Inertia(total, (bare.mass * bare.lever + moment) / total, bare.inertia)
        self.mass = self._own_mass + mass
        self.weight = self.mass * self.gravity

    def _frame_id(self, name: str) -> int:
        if not self.model.existFrame(name):
            raise KeyError(name)
        return self.model.getFrameId(name)

    def soles_in_base(self, joint_position: np.ndarray) -> np.ndarray:
        """(2, 3) m, left and right sole in base axes, for structural joints (rad)."""
        q, model, data = self._q_level, self.model, self._kinematics_data
        q[self.q_index] = joint_position
        pin.forwardKinematics(model, data, q)
        return np.array([pin.updateFramePlacement(model, data, foot).translation for foot in self.feet])

    def update(
        self,
        position: np.ndarray,
        rotation: np.ndarray,
        linear_velocity: np.ndarray,
        angular_velocity: np.ndarray,
        joint_position: np.ndarray,
        joint_velocity: np.ndarray,
    ) -> None:
        """Compute all terms for a base pose in the world, its velocities in base axes, and structural joints."""
        q, v, model, data = self._q, self._v, self.model, self.data
        q[:3], q[3:7] = position, pin.Quaternion(rotation).coeffs()
        q[self.q_index] = joint_position
        v[:3], v[3:6] = linear_velocity, angular_velocity
        v[self.v_index] = joint_velocity
        pin.forwardKinematics(model, data, q, v, self._zero)
        pin.computeJointJacobians(model, data)
        pin.crba(model, data, q)
        pin.nonLinearEffects(model, data, q, v)
        self.mass_matrix = data.M  # the Python binding of crba fills both triangles
        self.bias = data.nle
        self._update_centroidal(position, rotation)

    def _update_centroidal(self, position: np.ndarray, rotation: np.ndarray) -> None:
        """Momentum about the CoM in world axes, from the base's rows of M a + h: they say what moves the whole body."""
        rows, mass, to_com = self.mass_matrix[:BASE], self.mass, self._to_com
        self.rotation = rotation
        self.com_in_base = np.array((rows[1, 5], rows[2, 3], rows[0, 4])) / mass  # M[:3, 3:6] = -m [com in base]x
        lever = rotation @ self.com_in_base
        to_com[:3, :3] = to_com[3:, 3:] = rotation
        to_com[3:, :3] = -skew(lever) @ rotation
        self.com = position + lever
        self.momentum_matrix = to_com @ rows
        self.momentum = self.momentum_matrix @ self._v
        self.momentum_drift = to_com @ self.bias[:BASE]
        self.momentum_drift[:3] += mass * self.model.gravity.linear
        self.com_velocity = self.momentum[:3] / mass

    @property
    def velocity(self) -> np.ndarray:
        """(nv,) as given to the last `update`."""
        return self._v

    @property
    def joint_position(self) -> np.ndarray:
        """(joints,) rad in pinocchio's order, as given to the last `update`."""
        return self._q[7:]

    def frame(self, frame_id: int) -> FrameTerms:
        """Terms of a frame after `update`."""
        model, data = self.model, self.data
        pose = pin.updateFramePlacement(model, data, frame_id)
        jacobian = pin.getFrameJacobian(model, data, frame_id, _WORLD_ALIGNED)
        drift = pin.getFrameClassicalAcceleration(model, data, frame_id, _WORLD_ALIGNED).vector
        return FrameTerms(pose.translation.copy(), pose.rotation.copy(), jacobian @ self._v, jacobian, drift.copy())

    def foot_jacobian_local(self, side: int) -> np.ndarray:
        """(6, nv) Jacobian of a sole in its own axes: what a wrench measured in the sole multiplies."""
        return pin.getFrameJacobian(self.model, self.data, self.feet[side], _LOCAL)
