# SPDX-License-Identifier: Apache-2.0
"""Measure the proportions of a robot that gains depend on: lengths, mass, what its joints lift."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pinocchio as pin
from talus_core.physics import GRAVITY_MPS2
from talus_core.robot import RobotDescription

from talus_dynamics.pose_facts import pose_facts
from talus_dynamics.robot_dynamics import WholeBodyModel

# Share of a hip's torque that damping may take in the middle of a swing. The rest accelerates the
# leg before it: of a minimum-jerk swing that lasts five times inertia over damping, 1.875 of 2.36,
# and of that the 0.95 that are planned.
DRAG_SHARE = 0.75


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
        foot_speed: m/s of the foot, as fast as that hip turns while it swings the leg.
        lift: m/s^2 of the foot upwards, by the torque of the knee, standing.
    """

    mass: float
    height: float
    leg: float
    hips: float
    foot_length: float
    foot_width: float
    ankle_lack: float
    swing: float
    foot_speed: float
    lift: float


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
    knee = names[roles.knee]
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
        foot_speed=_top_speed(description, hip_pitch) * length,
        lift=_effort(description, knee)
        / _inertia(model, stand, knee)
        * _shortening(length, float(description.poses["stand"][roles.knee])),
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


def _shortening(length: float, bend: float) -> float:
    """Return by how much a leg of two equal links shortens per rad of its knee, m.

    It is `length` m long when straight, and bent by `bend`, rad.
    """
    return 0.5 * length * abs(math.sin(0.5 * bend))


def _top_speed(description: RobotDescription, joint: str) -> float:
    """Return the speed of a joint at which damping takes its share, or its limit, rad/s."""
    limits = description.limits
    place = description.joint_names.index(joint)
    speed = float(limits.velocity[place])
    damping = float(limits.damping[place])
    if damping == 0.0:
        return speed
    return min(speed, DRAG_SHARE * float(limits.effort[place]) / damping)


def _effort(description: RobotDescription, joint: str) -> float:
    """Return the torque limit of a joint, N m."""
    return float(description.limits.effort[description.joint_names.index(joint)])
