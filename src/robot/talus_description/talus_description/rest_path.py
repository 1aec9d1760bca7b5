# SPDX-License-Identifier: Apache-2.0
"""Finds postures from standing to sitting, balanced at every row.

Both feet stay where they stand. Knees, ankles, trunk and arms go straight from `stand` to `sit`; at
each row the hips turn the trunk until the centre of mass is where it should be over the soles. The
torques hold each row still, the load shared by both feet.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pinocchio
from scipy.optimize import brentq
from talus_core.robot import RobotDescription

# rad around the straight line between the poses in which the balanced hip angle is sought.
HIP_SEARCH_RAD = 0.6


@dataclass(frozen=True)
class RestRow:
    """Describes one posture, at rest on both feet.

    Attributes:
        base_height: Height of base_link above the soles, m.
        base_pitch: Pitch of base_link, leaning forward positive, rad.
        com_ahead: Centre of mass ahead of the middle between the soles, m.
        position: Structural joints, rad. (m,)
        torque: Torques that hold them, N m. (m,)
    """

    base_height: float
    base_pitch: float
    com_ahead: float
    position: np.ndarray
    torque: np.ndarray


class Statics:
    """Computes a robot at rest with its left sole level at z = 0."""

    def __init__(self, robot: RobotDescription):
        self.robot = robot
        self.model = pinocchio.buildModelFromUrdf(str(robot.urdf), pinocchio.JointModelFreeFlyer())
        self.data = self.model.createData()
        joints = [self.model.joints[self.model.getJointId(name)] for name in robot.joint_names]
        self._at_q = np.array([joint.idx_q for joint in joints])
        self._at_v = np.array([joint.idx_v for joint in joints])
        self._soles = [self.model.getFrameId(foot.frame) for foot in robot.feet]

    @property
    def mass(self) -> float:
        """Return the mass of the whole robot, kg."""
        return float(pinocchio.computeTotalMass(self.model))

    def place(self, position: np.ndarray) -> np.ndarray:
        """Return the position (nq,) with joint angles (n,), left sole at the world's origin."""
        q = pinocchio.neutral(self.model)
        q[self._at_q] = position
        pinocchio.framesForwardKinematics(self.model, self.data, q)
        q[:7] = pinocchio.SE3ToXYZQUAT(self.data.oMf[self._soles[0]].inverse())
        pinocchio.framesForwardKinematics(self.model, self.data, q)
        return q

    def hip_axis(self, position: np.ndarray, joint: int) -> np.ndarray:
        """Return the axis of a joint, by its place in `position` (n,), in the world, (3,)."""
        q = self.place(position)
        world = pinocchio.ReferenceFrame.LOCAL_WORLD_ALIGNED
        pinocchio.computeJointJacobians(self.model, self.data, q)
        name = self.robot.joint_names[joint]
        jacobian = pinocchio.getJointJacobian(
            self.model, self.data, self.model.getJointId(name), world
        )
        return jacobian[3:, self._at_v[joint]]

    def com_ahead(self, position: np.ndarray) -> float:
        """Return centre of mass ahead of the middle between the soles, m."""
        com = pinocchio.centerOfMass(self.model, self.data, self.place(position))
        return float(com[0] - np.mean([self.data.oMf[sole].translation[0] for sole in self._soles]))

    def row(self, position: np.ndarray) -> RestRow:
        """Return height, lean and torques of a posture (n,), load shared with least wrenches."""
        q = self.place(position)
        base = self.data.oMf[self.model.getFrameId(self.robot.frames["base"])]
        gravity = pinocchio.computeGeneralizedGravity(self.model, self.data, q)
        world = pinocchio.ReferenceFrame.LOCAL_WORLD_ALIGNED
        jacobian = np.vstack(
            [
                pinocchio.computeFrameJacobian(self.model, self.data, q, f, world)
                for f in self._soles
            ]
        )
        wrenches = np.linalg.pinv(jacobian[:, :6].T) @ gravity[:6]
        structural = self.robot.structural_indices
        torque = (gravity - jacobian.T @ wrenches)[self._at_v]
        return RestRow(
            base_height=float(base.translation[2]),
            base_pitch=float(np.arctan2(-base.rotation[2, 0], base.rotation[0, 0])),
            com_ahead=self.com_ahead(position),
            position=position[structural],
            torque=torque[structural],
        )


def rest_path(robot: RobotDescription, hips: Sequence[str], rows: int) -> list[RestRow]:
    """Return the rows from pose `stand` to pose `sit`; `hips` turn the trunk forward together."""
    statics = Statics(robot)
    stand = robot.poses["stand"]
    sit = robot.poses["sit"]
    start = statics.com_ahead(stand)
    end = statics.com_ahead(sit)
    at = [robot.joint_names.index(name) for name in hips]
    senses = _senses(statics, stand, at)
    path = []
    for part in np.linspace(0.0, 1.0, rows):
        position = stand + part * (sit - stand)
        _balance(statics, position, at, senses, start + part * (end - start))
        path.append(statics.row(position))
    return path


def _senses(statics: Statics, position: np.ndarray, hips: list[int]) -> np.ndarray:
    """Return which way each hip turns the trunk, as the first one does (1) or against it (-1)."""
    axes = [statics.hip_axis(position, hip) for hip in hips]
    return np.sign([axis @ axes[0] for axis in axes])


def _balance(
    statics: Statics, position: np.ndarray, hips: list[int], senses: np.ndarray, target: float
) -> None:
    """Turn the hips until the centre of mass is `target` m ahead of the soles' middle."""
    straight = position[hips].copy()

    def miss(turn: float) -> float:
        position[hips] = straight + turn * senses
        return statics.com_ahead(position) - target

    turn = brentq(miss, -HIP_SEARCH_RAD, HIP_SEARCH_RAD, xtol=1e-12)
    position[hips] = straight + turn * senses


def zero_between(function: Callable[[float], float], low: float, high: float) -> float | None:
    """Return where a function is 0 between two places; None where its sign does not change."""
    if function(low) * function(high) > 0.0:
        return None
    return float(brentq(function, low, high, xtol=1e-6))


def yaml_text(robot: RobotDescription, path: list[RestRow]) -> str:
    """Return the file `rest_path.yaml`."""
    names = [robot.joint_names[i] for i in robot.structural_indices]
    lines = [
        "# SPDX-License-Identifier: Apache-2.0",
        "# From standing to sitting with both feet in place: base height m, "
        "base pitch rad, centre of mass ahead of",
        "# the middle of the soles m, joint positions rad and the torques N m that hold them.",
        "# Generated by `python -m talus_description.generate`; do not edit.",
        f"joints: [{', '.join(names)}]",
        "rows:",
    ]
    for row in path:
        lines.append(f"  - base_height: {_numbers(row.base_height, 5)}")
        lines.append(f"    base_pitch: {_numbers(row.base_pitch, 5)}")
        lines.append(f"    com_ahead: {_numbers(row.com_ahead, 5)}")
        lines.append(f"    position: [{_numbers(row.position, 5)}]")
        lines.append(f"    torque: [{_numbers(row.torque, 2)}]")
    return "\n".join(lines) + "\n"


def _numbers(values: np.ndarray | float, digits: int) -> str:
    return ", ".join(f"{value:g}" for value in np.round(np.atleast_1d(values), digits) + 0.0)
