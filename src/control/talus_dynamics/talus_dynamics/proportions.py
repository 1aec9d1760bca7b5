# SPDX-License-Identifier: Apache-2.0
"""Measure the proportions of a robot that gains depend on: lengths, mass, what its joints lift."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pinocchio as pin
from talus_core.physics import GRAVITY_MPS2
from talus_core.robot import RobotDescription

from talus_dynamics.pose_facts import pose_facts
from talus_dynamics.robot_dynamics import WholeBodyModel


@dataclass(frozen=True)
class Proportions:
    """Give what gains depend on; lengths m.

    Attributes:
        mass: kg.
        height: Of the centre of mass over the soles, standing.
        leg: From hip to ankle, straight.
        hips: Between the feet with straight parallel legs.
        foot_length, foot_width: Of a sole.
        ankle_lack: Of the sole's length ahead of its centre, that the ankle's torque does not
            reach.
        swing: m/s^2 of the foot, by the torque of the hip that swings the leg forward.
    """

    mass: float
    height: float
    leg: float
    hips: float
    foot_length: float
    foot_width: float
    ankle_lack: float
    swing: float


def proportions(description: RobotDescription) -> Proportions:
    """Measure a robot whose neutral pose has straight legs."""
    model = WholeBodyModel(description)
    data = model.model.createData()
    pin.framesForwardKinematics(model.model, data, pin.neutral(model.model))
    leg = description.groups["left_leg"]
    foot = description.feet[0]
    hip, ankle = (data.oMi[model.model.getJointId(name)].translation for name in (leg[0], leg[-1]))
    left, right = (data.oMf[sole].translation for sole in model.feet)
    names = description.joint_names
    roles = description.legs[0]
    hip_pitch = _pitching(model, [names[at] for at in roles.hip])
    ankle_pitch = _pitching(model, [names[at] for at in roles.ankle])
    reach = _effort(description, ankle_pitch) / (model.mass * GRAVITY_MPS2) - float(
        (left - ankle)[0]
    )
    length = float(np.linalg.norm(ankle - hip))
    stand = description.poses["stand"][description.structural_indices]
    return Proportions(
        mass=model.mass,
        height=pose_facts(model, stand).com_height,
        leg=length,
        hips=float(np.linalg.norm((left - right)[:2])),
        foot_length=foot.length,
        foot_width=foot.width,
        ankle_lack=max(0.5 * foot.length - reach, 0.0),
        swing=_effort(description, hip_pitch) / _inertia(model, stand, hip_pitch) * length,
    )


def _pitching(model: WholeBodyModel, joints: Sequence[str]) -> str:
    """Return the joint that turns about y in the neutral pose."""
    jacobian = pin.computeJointJacobians(
        model.model, model.model.createData(), pin.neutral(model.model)
    )
    return max(joints, key=lambda name: abs(jacobian[4, _column(model, name)]))


def _inertia(model: WholeBodyModel, stand: np.ndarray, joint: str) -> float:
    """Return kg m^2 of all that a joint moves, with the structural joints at `stand` (n,) rad."""
    q = pin.neutral(model.model)
    q[model.q_index] = stand
    place = _column(model, joint)
    return float(pin.crba(model.model, model.model.createData(), q)[place, place])


def _column(model: WholeBodyModel, joint: str) -> int:
    """Return the place of a joint among the velocities."""
    return model.model.joints[model.model.getJointId(joint)].idx_v


def _effort(description: RobotDescription, joint: str) -> float:
    """Return the torque limit of a joint, N m."""
    return float(description.limits.effort[description.joint_names.index(joint)])
