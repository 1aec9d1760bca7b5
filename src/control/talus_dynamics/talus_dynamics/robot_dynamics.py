# SPDX-License-Identifier: Apache-2.0
"""Models the rigid bodies of the robot for the controller: all terms of a tick (pinocchio)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pinocchio as pin
from talus_core.robot import RobotDescription
from talus_core.rotations import skew

from talus_dynamics.model_frames import JointPlaces, find_frames

_WORLD_ALIGNED = pin.ReferenceFrame.LOCAL_WORLD_ALIGNED
_LOCAL = pin.ReferenceFrame.LOCAL
STANDARD_GRAVITY_MPS2 = 9.80665  # m/s^2 (CGPM 1901), used until gravity is measured
BASE = 6  # degrees of freedom of the floating base; they come first in every velocity
# rad/s, planned speed of which dry friction takes three quarters of its torque: five times the
# noise of a measured speed, so that noise does not shake a joint at rest
FULL_FRICTION_SPEED_RADPS = 0.1


class FrameTerms(NamedTuple):
    """Describes a frame at this tick, in the world's axes (`rotation` maps frame to world).

    Attributes:
        position: (3,) position, m.
        rotation: (3, 3) rotation from frame to world.
        velocity: (6,) velocity, linear m/s, then angular rad/s.
        jacobian: (6, nv) Jacobian, in the order of `velocity`.
        drift: (6,) acceleration at zero joint acceleration, m/s^2 and rad/s^2.
    """

    position: np.ndarray
    rotation: np.ndarray
    velocity: np.ndarray
    jacobian: np.ndarray
    drift: np.ndarray


class CentroidalTerms(NamedTuple):
    """Describes the centre of mass and the momentum about it at this tick, in the world's axes.

    Attributes:
        rotation: (3, 3) rotation from base to world.
        com_in_base: (3,) centre of mass in the base, m.
        com: (3,) centre of mass in the world, m.
        com_velocity: (3,) velocity of the centre of mass, m/s.
        momentum_matrix: (6, nv) matrix from velocities to momentum, linear rows, then angular.
        momentum: (6,) momentum, kg m/s and kg m^2/s.
        momentum_drift: (6,) rate of the momentum at zero joint acceleration, N and N m.
    """

    rotation: np.ndarray
    com_in_base: np.ndarray
    com: np.ndarray
    com_velocity: np.ndarray
    momentum_matrix: np.ndarray
    momentum: np.ndarray
    momentum_drift: np.ndarray


@dataclass(frozen=True)
class _Bare:
    """Keeps the robot's inertia without a load: that of its base body, and its whole mass, kg."""

    base_body: pin.Inertia
    mass: float


@dataclass(frozen=True)
class _Memory:
    """Keeps arrays from tick to tick.

    Attributes:
        q, v: Configuration and velocity as given to the last `update`.
        at_rest: (nv,) zeros.
        to_com: (6, 6) map of a wrench at the base in base axes to one at the centre of mass in
            world axes.
        q_level: Configuration with the base at the origin, for kinematics alone.
        kinematics: Pinocchio's data for that configuration.
    """

    q: np.ndarray
    v: np.ndarray
    at_rest: np.ndarray
    to_com: np.ndarray
    q_level: np.ndarray
    kinematics: pin.Data

    @staticmethod
    def of(model: pin.Model) -> _Memory:
        """Return arrays that fit a model."""
        return _Memory(
            q=pin.neutral(model),
            v=np.zeros(model.nv),
            at_rest=np.zeros(model.nv),
            to_com=np.zeros((6, 6)),
            q_level=pin.neutral(model),
            kinematics=model.createData(),
        )


class _JointDrag:
    """Holds what joints themselves take of their torques, (joints,) in pinocchio's order.

    Attributes:
        damping: N m s/rad.
        dry: Dry friction that works against the planned motion, N m.
    """

    def __init__(self, description: RobotDescription, order: np.ndarray):
        limits = description.limits
        self.damping = limits.damping[description.structural_indices][order]
        self._friction = limits.friction[description.structural_indices][order]
        self.plan_motion(None)

    def plan_motion(self, velocity: np.ndarray | None) -> None:
        """Take the planned speeds (joints,), rad/s; None: no motion."""
        if velocity is None:
            self.dry = np.zeros_like(self._friction)
        else:
            self.dry = self._friction * np.tanh(velocity / FULL_FRICTION_SPEED_RADPS)


class WholeBodyModel:
    """Models structural joints on a floating base, with rigid hands.

    Velocities hold the base's linear and angular velocity in base axes, then those of the joints.

    Attributes:
        description: Description of the robot.
        model, data: Model and data of pinocchio.
        nv: Number of velocities.
        frames: Numbers of frames by their roles.
        joints: Places of the structural joints.
        mass: Mass with what the robot carries, kg.
        leg_mass: Mass of one leg, kg.
        gravity, weight: Gravity, m/s^2, and weight, N.
        mass_matrix, bias: (nv, nv) mass matrix and (nv,) bias force of the last `update`.
        centroidal: Centre of mass and momentum of the last `update`.
    """

    def __init__(self, description: RobotDescription):
        self.description = description
        names = [description.joint_names[i] for i in description.structural_indices]
        self.model = _structural_model(description, names)
        self.data = self.model.createData()
        self.nv = self.model.nv
        self.joints = JointPlaces.of(self.model, names)
        self.frames = find_frames(self.model, description)
        armature = np.zeros(self.nv)
        rotors = description.limits.rotor_inertia[description.structural_indices]
        armature[self.joints.v_index] = rotors
        self.model.armature = armature
        self._drag = _JointDrag(description, self.joints.order)
        self.mass = float(pin.computeTotalMass(self.model))
        self._bare = _Bare(self.model.inertias[1].copy(), self.mass)
        leg = [self.model.getJointId(name) for name in description.groups["left_leg"]]
        self.leg_mass = sum(self.model.inertias[i].mass for i in leg)
        self._memory = _Memory.of(self.model)
        self.set_gravity(STANDARD_GRAVITY_MPS2)
        self.update(
            position=np.zeros(3),
            rotation=np.eye(3),
            linear_velocity=np.zeros(3),
            angular_velocity=np.zeros(3),
            joint_position=np.zeros(len(names)),
            joint_velocity=np.zeros(len(names)),
        )

    def set_gravity(self, gravity: float) -> None:
        """Use `gravity`, m/s^2, from now on."""
        self.gravity = gravity
        self.weight = self.mass * gravity
        self.model.gravity.linear = np.array([0.0, 0.0, -gravity])

    def carry(self, mass: float, moment: np.ndarray) -> None:
        """Make the base heavier by `mass`, kg, from the next `update` on.

        `moment` (3,), kg m, is the first moment of that mass about the base's origin.
        """
        bare = self._bare.base_body
        total = bare.mass + mass
        lever = (bare.mass * bare.lever + moment) / total
        self.model.inertias[1] = pin.Inertia(total, lever, bare.inertia)
        self.mass = self._bare.mass + mass
        self.weight = self.mass * self.gravity

    def joints_of(self, *groups: str) -> np.ndarray:
        """Return which structural joints (joints,) belong to some groups, in Talus's order."""
        description = self.description
        return np.isin(description.structural_indices, description.indices(*groups))

    def soles_in_base(self, joint_position: np.ndarray) -> np.ndarray:
        """Return the soles (2, 3) in base axes, left and right, m, for structural joints, rad."""
        q = self._memory.q_level
        data = self._memory.kinematics
        q[self.q_index] = joint_position
        pin.forwardKinematics(self.model, data, q)
        soles = (pin.updateFramePlacement(self.model, data, foot) for foot in self.feet)
        return np.array([sole.translation for sole in soles])

    def update(
        self,
        position: np.ndarray,
        rotation: np.ndarray,
        linear_velocity: np.ndarray,
        angular_velocity: np.ndarray,
        joint_position: np.ndarray,
        joint_velocity: np.ndarray,
    ) -> None:
        """Compute all terms for a pose of the base, its velocities and structural joints.

        Args:
            position: (3,) position of the base in the world, m.
            rotation: (3, 3) rotation from base to world.
            linear_velocity: (3,) velocity of the base in base axes, m/s.
            angular_velocity: (3,) turn rate of the base in base axes, rad/s.
            joint_position: (joints,) joint angles, rad.
            joint_velocity: (joints,) joint speeds, rad/s.
        """
        model = self.model
        data = self.data
        q = self._memory.q
        v = self._memory.v
        q[:3] = position
        q[3:7] = pin.Quaternion(rotation).coeffs()
        q[self.q_index] = joint_position
        v[:3] = linear_velocity
        v[3:6] = angular_velocity
        v[self.v_index] = joint_velocity
        pin.forwardKinematics(model, data, q, v, self._memory.at_rest)
        pin.computeJointJacobians(model, data)
        pin.crba(model, data, q)
        pin.nonLinearEffects(model, data, q, v)
        self.mass_matrix = data.M  # the Python binding of crba fills both triangles
        self.bias = data.nle
        self.centroidal = self._centroidal_terms(position, rotation)

    def plan_motion(self, velocity: np.ndarray | None) -> None:
        """Take the speeds (joints,) that are planned, in Talus's order, rad/s; None: no motion."""
        self._drag.plan_motion(None if velocity is None else velocity[self.joints.order])

    def _centroidal_terms(self, position: np.ndarray, rotation: np.ndarray) -> CentroidalTerms:
        """Return the momentum about the CoM from the base's rows of M a + h: they move it all."""
        rows = self.mass_matrix[:BASE]
        mass = self.mass
        to_com = self._memory.to_com
        moment = np.array((rows[1, 5], rows[2, 3], rows[0, 4]))  # M[:3, 3:6] = -m [com in base]x
        com_in_base = moment / mass
        lever = rotation @ com_in_base
        to_com[:3, :3] = rotation
        to_com[3:, 3:] = rotation
        to_com[3:, :3] = -skew(lever) @ rotation
        momentum_matrix = to_com @ rows
        momentum = momentum_matrix @ self._memory.v
        momentum_drift = to_com @ self.bias[:BASE]
        momentum_drift[:3] += mass * self.model.gravity.linear
        return CentroidalTerms(
            rotation=rotation,
            com_in_base=com_in_base,
            com=position + lever,
            com_velocity=momentum[:3] / mass,
            momentum_matrix=momentum_matrix,
            momentum=momentum,
            momentum_drift=momentum_drift,
        )

    def frame(self, frame_id: int) -> FrameTerms:
        """Return the terms of a frame after `update`."""
        model = self.model
        data = self.data
        pose = pin.updateFramePlacement(model, data, frame_id)
        jacobian = pin.getFrameJacobian(model, data, frame_id, _WORLD_ALIGNED)
        drift = pin.getFrameClassicalAcceleration(model, data, frame_id, _WORLD_ALIGNED).vector
        return FrameTerms(
            position=pose.translation.copy(),
            rotation=pose.rotation.copy(),
            velocity=jacobian @ self._memory.v,
            jacobian=jacobian,
            drift=drift.copy(),
        )

    def foot_jacobian_local(self, side: int) -> np.ndarray:
        """Return the Jacobian (6, nv) of a sole in its own axes: a wrench there multiplies it."""
        return pin.getFrameJacobian(self.model, self.data, self.feet[side], _LOCAL)

    @property
    def drag(self) -> np.ndarray:
        """Return what damping and dry friction of the joints take of their torques, N m.

        (joints,) in pinocchio's order. Damping is of the speeds of the last `update`. Dry friction
        is that of the planned ones: of a joint that sticks, only the plan tells which way it goes.
        """
        return self._drag.damping * self._memory.v[BASE:] + self._drag.dry

    @property
    def configuration(self) -> np.ndarray:
        """Return the configuration (nv + 1,) of the last `update`, in pinocchio's order."""
        return self._memory.q

    @property
    def velocity(self) -> np.ndarray:
        """Return the velocity (nv,) of the last `update`."""
        return self._memory.v

    @property
    def joint_position(self) -> np.ndarray:
        """Return the joint angles (joints,) of the last `update`, in pinocchio's order, rad."""
        return self._memory.q[7:]

    @property
    def v_index(self) -> np.ndarray:
        """Return the places (joints,) of Talus's joints among velocities."""
        return self.joints.v_index

    @property
    def q_index(self) -> np.ndarray:
        """Return the places (joints,) of Talus's joints among positions."""
        return self.joints.q_index

    @property
    def feet(self) -> tuple[int, int]:
        """Return the frames of the left and the right sole."""
        return self.frames.feet

    @property
    def base(self) -> int:
        """Return the base's frame."""
        return self.frames.base

    @property
    def torso(self) -> int:
        """Return the torso's frame."""
        return self.frames.torso

    @property
    def imu_in_base(self) -> pin.SE3:
        """Return the pose of the IMU in the base."""
        return self.frames.imu_in_base

    @property
    def gaze_in_base(self) -> np.ndarray:
        """Return the way from the base to the eyes in the neutral pose, (3,), m."""
        return self.frames.gaze_in_base

    @property
    def rotation(self) -> np.ndarray:
        """Return the rotation from base to world, (3, 3)."""
        return self.centroidal.rotation

    @property
    def com_in_base(self) -> np.ndarray:
        """Return the centre of mass in the base, (3,), m."""
        return self.centroidal.com_in_base

    @property
    def com(self) -> np.ndarray:
        """Return the centre of mass in the world, (3,), m."""
        return self.centroidal.com

    @property
    def com_velocity(self) -> np.ndarray:
        """Return the velocity of the centre of mass in the world, (3,), m/s."""
        return self.centroidal.com_velocity

    @property
    def momentum_matrix(self) -> np.ndarray:
        """Return the matrix (6, nv) that maps velocities to the momentum."""
        return self.centroidal.momentum_matrix

    @property
    def momentum(self) -> np.ndarray:
        """Return the momentum about the centre of mass, (6,), kg m/s and kg m^2/s."""
        return self.centroidal.momentum

    @property
    def momentum_drift(self) -> np.ndarray:
        """Return the momentum's rate at zero joint acceleration, (6,), N and N m."""
        return self.centroidal.momentum_drift


def _structural_model(description: RobotDescription, names: list[str]) -> pin.Model:
    """Return the URDF's model on a free-flying base, with every joint but `names` locked."""
    full = pin.buildModelFromUrdf(str(description.urdf), pin.JointModelFreeFlyer())
    locked = [full.getJointId(name) for name in full.names[2:] if name not in names]
    return pin.buildReducedModel(full, locked, pin.neutral(full))
